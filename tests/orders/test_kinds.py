"""The five kinds of lines: one model, stock for products alone. What they say to a cancellation: `test_guards`."""

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
