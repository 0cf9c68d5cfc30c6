"""Goods leave from one location and come back to others: orders says where, inventory books it, and all adds up."""

import pytest

from tests.flow.suite import Suite, parcel


@pytest.fixture
async def cellar(suite: Suite) -> str:
    """A location after the default one; its code."""
    response = await suite.client.put("/api/v1/inventory/locations/cellar", json={"name": "Cave", "priority": 9})
    assert response.status_code == 200, response.text
    return "cellar"


async def shelves(suite: Suite, sku: str) -> dict[str, int]:
    return {at["location"]: at["on_hand"] for at in (await suite.stock(sku))["locations"]}


async def test_shipped_from_here_and_back_there(suite: Suite, cellar: str) -> None:
    sku = await suite.product(stock=5)
    transfer = {"sku": sku, "quantity": 2, "from": "main", "to": cellar}
    assert (await suite.client.post("/api/v1/inventory/transfers", json=transfer)).status_code == 201
    code = (await suite.placed((sku, 3)))["code"]
    await suite.settled(code)
    await suite.move(code, "partially_shipped", shipment=parcel("6A1", (1, 2)) | {"location": cellar})
    await suite.settled(code)
    assert await shelves(suite, sku) == {"main": 3, cellar: 0}
    await suite.move(code, "shipped", shipment=parcel("6A2"))
    await suite.settled(code)
    back = [
        {"line": 1, "quantity": 1, "location": cellar, "scrapped": 1},
        {"line": 1, "quantity": 1, "location": cellar + "-2"},
        {"line": 1, "quantity": 1},
    ]
    decision = {"stock": "lines", "lines": back}
    command = {"status": "returned", "decision": decision}
    foretold = (await suite.client.post(f"/api/v1/orders/{code}/transitions", json=command)).json()
    moved = await suite.move(code, "returned", decision=decision)
    [line] = (await suite.settled(code))["lines"]
    assert foretold["stock"][0]["after"]["locations"] == moved["lines"][0]["locations"] == line["locations"]
    assert line["locations"] == [
        {"location": "cellar", "shipped": 2, "restocked": 1, "scrapped": 1},
        {"location": "cellar-2", "shipped": 0, "restocked": 1, "scrapped": 0},
    ]
    assert line["unknown_locations"] == ["cellar-2"], "nobody has opened it: its unit is where returns are taken"
    assert await shelves(suite, sku) == {"main": 4, cellar: 0}
    ledger = (await suite.get("/api/v1/inventory/movements", sku=sku))["items"]
    booked = [(at["reason"], at["quantity"], at["location"]) for at in reversed(ledger) if at["order"]]
    assert booked == [
        ("shipment", -2, cellar),
        ("shipment", -1, "main"),
        ("restock", 1, cellar),
        ("scrap", -1, cellar),
        ("restock", 2, "main"),
    ]
    assert (await suite.get("/api/v1/inventory/verify"))["ok"]


async def test_all_comes_back_to_a_location_and_leaves_from_there_again(suite: Suite, cellar: str) -> None:
    sku = await suite.product(stock=2)
    code = (await suite.placed((sku, 2)))["code"]
    await suite.move(code, "shipped", shipment=parcel("6A3"))
    await suite.move(code, "cancelled", decision={"stock": "all", "location": cellar})
    await suite.settled(code)
    assert await shelves(suite, sku) == {"main": 0, cellar: 2}
    await suite.move(code, "shipped", decision={"stock": "all"}, shipment=parcel("6A4") | {"location": cellar})
    [line] = (await suite.settled(code))["lines"]
    assert line["locations"] == [{"location": cellar, "shipped": 2, "restocked": 2, "scrapped": 0}]
    assert await shelves(suite, sku) == {"main": 0, cellar: 0}
    assert (await suite.get("/api/v1/inventory/verify"))["ok"]
