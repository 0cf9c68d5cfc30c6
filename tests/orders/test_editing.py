"""Edited lines and deleted orders: stock follows, invoices are respected, a tombstone is for good."""

from typing import Any

import httpx
import pytest

from shared.contracts import Invoicing, Marketplace
from tests.orders.driver import Driver, Json, invoice, line


async def put(orders: Driver, document: Json, *lines: Json, **more: Any) -> httpx.Response:
    return await orders.http.put(f"/api/v1/orders/{document['code']}/lines", json={"lines": list(lines), **more})


@pytest.mark.row("S1-15")
@pytest.mark.row("S2-30")
@pytest.mark.row("S2-31")
async def test_lines_are_added_removed_and_changed(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3), line("BOX", 1, "4.00"))
    orders.clock.advance(minutes=5)
    answer = await put(orders, made, {"id": 1, "quantity": 5}, line("RED", 1, "20.00"))
    assert answer.status_code == 200, answer.text
    edited = answer.json()
    assert [(found["id"], found["sku"], found["quantity"], found["hold"]) for found in edited["lines"]] == [
        (1, "WINE", 5, 5),
        (3, "RED", 1, 1),
    ]
    assert (edited["version"], edited["totals"]["gross"]) == (2, "82.50")
    told = await orders.message(made["id"])
    assert [(wait.since == orders.clock.now, wait.quantity) for wait in told.lines[0].waits] == [(False, 3), (True, 2)]
    assert [entry.mail for entry in told.entries] == [True, False]


async def test_the_document_s_own_lines_may_be_sent_back(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3), line("BOX", 1))
    made["lines"][0]["quantity"] = 1
    edited = (await put(orders, made, *made["lines"])).json()
    assert [found["quantity"] for found in edited["lines"]] == [1, 1]


async def test_ids_are_never_used_again(orders: Driver) -> None:
    made = await orders.place(line("WINE"), line("BOX"))
    await put(orders, made, {"id": 1})
    again = (await put(orders, made, {"id": 1}, line("BOX"))).json()
    assert [found["id"] for found in again["lines"]] == [1, 3]


async def test_bad_edits_change_nothing(orders: Driver) -> None:
    made = await orders.place()
    bad: list[list[Json]] = [
        [],
        [{"id": 7}],
        [{"id": 1}, {"id": 1}],
        [{"id": 1, "quantity": -1}],
        [{"sku": "BOX"}],
        [{"id": 1, "unit_price": "1.234"}],
        [{"id": 1, "surprise": True}],
    ]
    for lines in bad:
        assert (await put(orders, made, *lines)).status_code == 422, lines
    assert await orders.read(made["code"]) == made


async def test_an_order_keeps_a_line(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3), line("BOX", 1))
    nothing = [{"id": 1, "quantity": 0}, {"id": 2, "quantity": 0}]
    for lines in ([], nothing, nothing[:1]):
        for path in ("lines", "lines/preview"):
            send = orders.http.put if path == "lines" else orders.http.post
            answer = await send(f"/api/v1/orders/{made['code']}/{path}", json={"lines": lines})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines")
    assert await orders.read(made["code"]) == made
    kept = (await put(orders, made, nothing[0], {"id": 2})).json()
    assert [found["quantity"] for found in kept["lines"]] == [0, 1]


async def test_what_left_cannot_be_edited_away(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3), line("BOX", 1))
    shipment = {"lines": [{"line": 1, "quantity": 2}]}
    await orders.move(made["code"], "partially_shipped", shipment=shipment)
    assert (await put(orders, made, {"id": 2})).status_code == 409
    assert (await put(orders, made, {"id": 1, "quantity": 1})).status_code == 409
    assert (await put(orders, made, {"id": 1, "quantity": 2})).status_code == 200
    await orders.move(made["code"], "shipped")
    assert (await put(orders, made, {"id": 1, "quantity": 3})).status_code == 409


async def test_invoiced_lines_need_the_decision(orders: Driver) -> None:
    made = await orders.place(line("WINE", 3), line("BOX", 1))
    moved = await orders.move(made["code"], "processing", actions={"invoice": True})
    await orders.settle(moved, invoice="issued", documents=(invoice(),))
    answer = await put(orders, made, {"id": 1, "quantity": 2}, {"id": 2})
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("decision-required")
    assert answer.json()["questions"][0]["name"] == "reinvoice"
    decided = await put(orders, made, {"id": 1, "quantity": 2}, {"id": 2}, decision={"reinvoice": True})
    assert decided.status_code == 200


async def test_stale_edit_is_refused(orders: Driver) -> None:
    made = await orders.place()
    await orders.move(made["code"], "confirmed")
    path = f"/api/v1/orders/{made['code']}/lines"
    answer = await orders.http.put(path, json={"lines": [{"id": 1}]}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["current"]["version"]) == (409, 2)


class TestDeletion:
    """A tombstone: hidden everywhere, never restorable."""

    async def delete(self, orders: Driver, document: Json, **body: Any) -> httpx.Response:
        return await orders.http.request("DELETE", f"/api/v1/orders/{document['code']}", json=body)

    @pytest.mark.row("S2-45")
    async def test_needs_a_decision(self, orders: Driver) -> None:
        made = await orders.place()
        answer = await orders.http.delete(f"/api/v1/orders/{made['code']}")
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("decision-required")
        assert await orders.read(made["code"]) == made

    @pytest.mark.row("S2-46")
    async def test_hides_the_order_and_gives_its_stock_back(self, orders: Driver) -> None:
        made = await orders.place()
        assert (await self.delete(orders, made, decision={"stock": "all"})).status_code == 204
        for path in ("", "/timeline", "/transitions", "/log", "/notes"):
            assert (await orders.http.get(f"/api/v1/orders/{made['code']}{path}")).status_code == 404
        assert (await orders.try_move(made["code"], "received", decision={"stock": "all"})).status_code == 404
        assert (await orders.http.patch(f"/api/v1/orders/{made['code']}", json={"shown": "shown"})).status_code == 404
        assert (await orders.get("orders"))["total"] == 0
        told = await orders.message(made["id"])
        assert told.deleted
        assert [found.hold for found in told.lines] == [0]
        assert (told.levels.invoicing, told.levels.marketplace) == (Invoicing.NOTHING_NEW, Marketplace.CANCELLED)

    async def test_of_a_shipped_invoiced_order_credits_only_as_decided(self, orders: Driver) -> None:
        for credit, invoicing in ((True, Invoicing.CREDIT), (False, Invoicing.NOTHING_NEW)):
            made = await orders.place()
            shipped = await orders.move(made["code"], "shipped")
            await orders.settle(shipped, "committed", invoice="issued", documents=(invoice(),))
            asked = await orders.http.delete(f"/api/v1/orders/{made['code']}")
            assert [question["name"] for question in asked.json()["questions"]] == ["stock", "credit"]
            await self.delete(orders, made, decision={"stock": "unshipped", "credit": credit})
            told = await orders.message(made["id"])
            assert (told.levels.invoicing, told.levels.marketplace) == (invoicing, Marketplace.NONE)
            assert [(found.hold, found.restocked) for found in told.lines] == [(0, 0)]

    async def test_decision_may_stand_in_the_query(self, orders: Driver) -> None:
        made = await orders.place()
        answer = await orders.http.delete(f"/api/v1/orders/{made['code']}", params={"stock": "all"})
        assert answer.status_code == 204
