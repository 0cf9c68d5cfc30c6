"""A price's way through the house: put in inventory, shown and taken by orders, invoiced by billing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from tests.eventually import eventually
from tests.flow.suite import Suite, order_body

GROUPS = "/api/v1/customer-groups"


@asynccontextmanager
async def everybody_in(suite: Suite, price_list: str) -> AsyncIterator[None]:
    """Everybody who is in no group sees this list, net; until the end of the story."""
    group = {"name": "public", "price_list": price_list, "prices_shown": "net"}
    made = await suite.client.post(GROUPS, json=group)
    assert made.status_code == 201, made.text
    yield
    assert (await suite.client.delete(f"{GROUPS}/public")).status_code == 204


@pytest.mark.row("S3-17", owners="IO")
async def test_a_resellers_price_reaches_the_order_and_its_invoice(suite: Suite) -> None:
    sku, reseller = await suite.product(stock=9), f"reseller-{uuid4().hex[:8]}"
    sheet: dict[str, Any] = {"name": "Médoc", "price": "12.00", "currency": "EUR", "tax_rate": "20"}
    listed = {"price_list": reseller, "currency": "EUR", "price": "7.49", "includes_tax": False}
    grid: dict[str, Any] = {"prices": [listed]}
    for path, body in ((sku, sheet), (f"{sku}/prices", grid)):
        put = await suite.client.put(f"/api/v1/inventory/products/{path}", json=body)
        assert put.status_code == 200, put.text
    assert (await suite.get("/api/v1/prices", sku=sku))["prices_include_tax"] is True

    async with everybody_in(suite, reseller):

        async def look() -> bool:
            seen = await suite.get("/api/v1/prices", sku=sku)
            found: bool = (seen["prices_include_tax"], seen["items"][0]["price"]) == (False, "7.49")
            return found

        await eventually(look)
        bought: dict[str, Any] = {name: value for name, value in order_body().items() if name != "prices_include_tax"}
        bought["lines"] = [{"sku": sku, "name": "Médoc", "quantity": 3, "tax_rate": "20"}]
        placed = await suite.client.post("/api/v1/orders", json=bought)
        assert placed.status_code == 201, placed.text
        order = placed.json()
    assert (order["lines"][0]["unit_price"], order["lines"][0]["price_list"]) == ("7.49", reseller)
    assert (order["totals"]["net"], order["totals"]["gross"]) == ("22.47", "26.96")
    await suite.move(order["code"], "shipped")
    await suite.settled(order["code"])
    [invoice] = await suite.documents(order["code"])
    assert {name: invoice["totals"][name] for name in ("net", "tax", "gross")} == {
        name: order["totals"][name] for name in ("net", "tax", "gross")
    }
