"""The five kinds of lines: one model, and rules of their own about stock and cancellation."""

import pytest

from tests.orders.driver import Driver, line

KINDS = ("product", "service", "digital", "subscription", "booking")


@pytest.mark.row("S0-01")
@pytest.mark.row("S0-02")
async def test_all_five_kinds_are_sold_and_only_products_are_held(orders: Driver) -> None:
    made = await orders.place(*(line(kind.upper(), 2, kind=kind) for kind in KINDS))
    assert [(found["kind"], found["hold"]) for found in made["lines"]] == [
        (kind, 2 if kind == "product" else 0) for kind in KINDS
    ]
    told = await orders.message(made["id"])
    assert [found.stocked for found in told.lines] == [kind == "product" for kind in KINDS]
    shipment = {"lines": [{"line": 1, "quantity": 2}]}
    moved = await orders.move(made["code"], "shipped", shipment=shipment)
    assert moved["status"]["type"] == "shipped"
    refused = await orders.http.put(f"/api/v1/orders/{made['code']}/lines", json={"lines": [{"id": 1, "kind": "idea"}]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "lines.0.kind")


@pytest.mark.row("S0-15")
async def test_a_delivered_digital_product_is_not_cancelled(orders: Driver) -> None:
    made = await orders.place(line("SONG", 1, kind="digital"))
    other = await orders.place(line("WINE", 1))
    for document in (made, other):
        await orders.move(document["code"], "delivered")
    answer = await orders.try_move(made["code"], "cancelled", decision={"stock": "none"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:comptoir:problem:uncancellable")
    assert "digital" in answer.json()["detail"]
    await orders.move(other["code"], "cancelled", decision={"stock": "all"})
    await orders.move(made["code"], "refunded", decision={"stock": "none"})


@pytest.mark.row("S0-15")
async def test_a_booking_is_cancelled_until_its_date(orders: Driver) -> None:
    booked = line("TASTING", 2, kind="booking", booked_for="2026-06-10T16:00:00Z")
    made, late = await orders.place(booked), await orders.place(booked)
    assert made["lines"][0]["booked_for"] == "2026-06-10T16:00:00Z"
    await orders.move(made["code"], "cancelled")
    orders.clock.advance(days=10)
    answer = await orders.try_move(late["code"], "cancelled")
    assert (answer.status_code, answer.json()["title"]) == (409, "The order cannot be cancelled any more")
    path = f"/api/v1/orders/{late['code']}/lines"
    moved = await orders.http.put(path, json={"lines": [{"id": 1, "booked_for": "2026-07-01T16:00:00Z"}]})
    assert moved.json()["lines"][0]["booked_for"] == "2026-07-01T16:00:00Z"
    await orders.move(late["code"], "cancelled")


async def test_a_service_can_always_be_cancelled(orders: Driver) -> None:
    made = await orders.place(line("HELP", 1, kind="service"), line("MAG", 1, kind="subscription"))
    await orders.move(made["code"], "delivered")
    await orders.move(made["code"], "cancelled", decision={"stock": "none"})
