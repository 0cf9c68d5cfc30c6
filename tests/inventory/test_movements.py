"""Booking movements and counts over HTTP, the ledger, and the proof that everything adds up."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from tests.inventory.driver import Driver, line, order, order_id

MOVEMENTS = "/api/v1/inventory/movements"


async def test_movement_is_booked_with_its_balance(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    lost = {"sku": "wine", "quantity": -2, "reason": "loss", "note": "broken"}
    booked = (await inventory.http.post(MOVEMENTS, json=lost)).json()
    booked.pop("id")
    assert booked == {
        "sku": "wine",
        "number": 2,
        "quantity": -2,
        "reason": "loss",
        "on_hand": 3,
        "order": None,
        "line": None,
        "location": "main",
        "actor": "Alix of cave",
        "note": "broken",
        "at": "2024-06-01T12:00:00+00:00",
    }


async def test_repeated_request_books_once(inventory: Driver) -> None:
    await inventory.make("wine")
    movement = {"sku": "wine", "quantity": 5, "reason": "receipt"}
    headers = {"Idempotency-Key": "delivery-17"}
    first, second = [await inventory.http.post(MOVEMENTS, json=movement, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert await inventory.stock("wine") == (5, 0, 0)
    other = await inventory.http.post(MOVEMENTS, json=movement | {"quantity": 6}, headers=headers)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": 10**12}, "quantity"),
        ({"reason": "shipment"}, "reason"),
        ({"reason": "count"}, "reason"),
        ({"reason": "transfer"}, "reason"),
        ({"reason": "receipt", "quantity": -1}, "quantity"),
        ({"reason": "loss", "quantity": 5}, "quantity"),
        ({"reason": "scrap", "quantity": 5}, "quantity"),
        ({"sku": "unknown"}, "sku"),
        ({"sku": "a\u0000b"}, "sku"),
    ],
)
async def test_bad_movement_is_refused_by_field(inventory: Driver, wrong: dict[str, Any], field: str) -> None:
    await inventory.make("wine", 5)
    movement = {"sku": "wine", "quantity": 1, "reason": "receipt"} | wrong
    refused = await inventory.http.post(MOVEMENTS, json=movement)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert await inventory.stock("wine") == (5, 0, 0)


async def test_contradiction_in_a_batch_is_named_by_its_place(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    movements = [{"sku": "wine", "quantity": quantity, "reason": "correction"} for quantity in (-1, 2)]
    movements.append({"sku": "wine", "quantity": 1, "reason": "loss"})
    refused = await inventory.http.post(f"{MOVEMENTS}/batch", json={"movements": movements})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "movements.2.quantity")
    done = await inventory.http.post(f"{MOVEMENTS}/batch", json={"movements": movements[:2]})
    assert (done.status_code, await inventory.stock("wine")) == (201, (6, 0, 0))


async def test_batch_is_booked_whole_or_not_at_all(inventory: Driver) -> None:
    await inventory.make("wine")
    await inventory.make("gift")
    movements = [{"sku": sku, "quantity": 2, "reason": "receipt"} for sku in ("wine", "gift", "wine")]
    done = await inventory.http.post(f"{MOVEMENTS}/batch", json={"movements": movements})
    assert (done.status_code, done.json()) == (201, {"total": 3})
    assert await inventory.stock("wine") == (4, 0, 0)
    unknown = [*movements, {"sku": "nope", "quantity": 1, "reason": "receipt"}]
    refused = await inventory.http.post(f"{MOVEMENTS}/batch", json={"movements": unknown})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["movements.3.sku"]
    assert await inventory.stock("wine") == (4, 0, 0)


async def test_negative_movement_takes_from_the_newest(inventory: Driver) -> None:
    await inventory.make("wine", 3)
    await inventory.hear(order(1, 1, line("wine", 2, since=1)))
    await inventory.hear(order(2, 1, line("wine", 1, since=2)))
    await inventory.book("wine", -2, "loss")
    await inventory.answer_marked()
    answers = [await inventory.answer(number) for number in (1, 2)]
    assert [answer.lines[0].allocated for answer in answers] == [1, 0]
    await inventory.verify()


async def test_count_that_agrees_books_nothing(inventory: Driver) -> None:
    await inventory.make("wine", 3)
    agreed = await inventory.http.post("/api/v1/inventory/counts", json={"sku": "wine", "counted": 3})
    assert agreed.json() == {"sku": "wine", "location": "main", "on_hand": 3, "movement": None}
    assert (await inventory.get("movements"))["total"] == 1


async def test_long_waiting_list_is_paged_and_served_from_its_head(inventory: Driver) -> None:
    await inventory.make("wine")
    await asyncio.gather(*(inventory.hear(order(n, 1, line("wine", 2, since=n))) for n in range(1, 41)))
    first = await inventory.get("waiting", sku="wine", limit=3)
    assert [item["order"] for item in first["items"]] == [order_id(n) for n in (1, 2, 3)]
    second = await inventory.get("waiting", sku="wine", limit=3, after=first["next"])
    assert [item["order"] for item in second["items"]] == [order_id(n) for n in (4, 5, 6)]
    await inventory.book("wine", 5)
    left = await inventory.get("waiting", sku="wine", limit=1)
    assert (left["total"], left["items"][0]["order"], left["items"][0]["allocated"]) == (38, order_id(3), 1)
    assert len(await inventory.rows("marks")) == 3


async def test_ledger_is_paged_newest_first(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.make("gift", 2)
    first = await inventory.get("movements", limit=1)
    assert (first["items"][0]["sku"], first["total"]) == ("gift", 2)
    second = await inventory.get("movements", limit=1, after=first["next"])
    assert (second["items"][0]["sku"], second["next"]) == ("wine", None)


async def test_stock_list_knows_sold_out(inventory: Driver) -> None:
    await inventory.make("wine", 1)
    await inventory.make("gift")
    assert [item["sku"] for item in (await inventory.get("stock", sold_out=True))["items"]] == ["gift"]
    assert [item["sku"] for item in (await inventory.get("stock", sold_out=False))["items"]] == ["wine"]
    assert await inventory.get("stock/wine") == {
        "sku": "wine",
        "name": "Wine",
        "known": True,
        "deleted": False,
        "on_hand": 1,
        "demand": 0,
        "allocated": 0,
        "waiting": 0,
        "available": 1,
        "sold_out": False,
        "safety_stock": 0,
        "orderable": None,
        "discrepancy_since": None,
        "locations": [{"location": "main", "on_hand": 1, "allocated": 0, "free": 1}],
    }


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE products SET on_hand = 9", "ledger = on hand"),
        ("UPDATE products SET movements = 9", "entries = number of movements"),
        ("UPDATE order_lines SET shipped = 9", "shipments = orders' lines"),
        ("UPDATE products SET demand = 2, allocated = 2", "tranches = demand"),
        ("UPDATE demands SET allocated = 2", "told = allocated"),
    ],
)
async def test_verification_sees_what_does_not_add_up(inventory: Driver, damage: str, check: str) -> None:
    await inventory.make("wine", 5)
    await inventory.hear(order(1, 1, line("wine", 3, shipped=1)))
    await inventory.verify()
    async with inventory.service.db.write() as conn:
        await conn.execute(text(damage))
    found = await inventory.get("verify")
    assert not found["ok"]
    assert check in {difference["check"] for difference in found["differences"]}


async def test_verification_follows_the_running_balance(inventory: Driver) -> None:
    await inventory.make("wine", 5)
    async with inventory.service.db.write() as conn:
        await conn.execute(
            text(
                "INSERT INTO movements (id, shop, sku, number, quantity, on_hand, reason, actor, at) "
                "VALUES ('x', 'cave', 'wine', 2, 1, 7, 'receipt', 'me', '2024-01-01 00:00:00')"
            )
        )
    checks = {difference["check"] for difference in (await inventory.get("verify"))["differences"]}
    assert checks == {"balance of the ledger", "ledger = on hand", "entries = number of movements"}
