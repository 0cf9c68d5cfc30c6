"""The five kinds of lines: one model, stock for products alone. What they say to a cancellation: `test_guards`."""

import pytest

from tests.orders.driver import Driver, line, order

KINDS = ("product", "service", "digital", "subscription", "booking")
SLOT = "2026-06-10T16:00:00Z"


@pytest.mark.row("S0-01")
@pytest.mark.row("S0-02")
async def test_all_five_kinds_are_sold_and_only_products_are_held(orders: Driver) -> None:
    lines = [line(kind.upper(), 2, kind=kind) for kind in KINDS]
    lines[-1]["booked_for"] = SLOT
    made = await orders.place(*lines)
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


async def test_a_booking_has_its_moment_and_nothing_else_has_one(orders: Driver) -> None:
    undated, dated_wine = line("TOUR", kind="booking"), line("WINE", booked_for=SLOT)
    for bad in (undated, dated_wine):
        answer = await orders.http.post("/api/v1/orders", json=order(line("BOX"), bad))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines.1.booked_for")
    made = await orders.place(line("TOUR", kind="booking", booked_for=SLOT))
    path = f"/api/v1/orders/{made['code']}/lines"
    for *first, odd in (
        [{"id": 1}, undated],
        [{"id": 1, "kind": "service", "booked_for": SLOT}],
        [{"id": 1}, dated_wine],
    ):
        answer = await orders.http.put(path, json={"lines": [*first, odd]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"lines.{len(first)}.booked_for")
    edited = (await orders.http.put(path, json={"lines": [{"id": 1, "kind": "service"}]})).json()
    assert (edited["lines"][0]["kind"], edited["lines"][0]["booked_for"]) == ("service", None)
    imported = await orders.place(undated, imported=True)
    answer = await orders.http.put(f"/api/v1/orders/{imported['code']}/lines", json={"lines": imported["lines"]})
    assert answer.status_code == 200, "what came without a moment can be edited"
