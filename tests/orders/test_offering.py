"""Orders for more than is on offer: a checkout is refused, an operator is told beforehand, what was sold is taken."""

from typing import Any

import pytest

from shared.contracts import Product
from shared.contracts.inventory import Backorder
from tests.orders.driver import Driver, Json, line, order

PREVIEW = "/api/v1/orders/preview"


@pytest.fixture
async def shop(orders: Driver) -> Driver:
    """One unit of LAST without back orders, three of FEW, as many ALWAYS as one likes."""
    for sku, backorder, orderable in (("LAST", "refused", 1), ("FEW", "limited", 3), ("ALWAYS", "allowed", None)):
        product = Product(
            shop="cave", version=1, sku=sku, title=sku, available=1, sold_out=False, orderable=orderable,
            backorder=Backorder(backorder),
        )  # fmt: skip
        await orders.hear(product)
    return orders


async def reasons(shop: Driver, *lines: Json, **more: Any) -> list[str | None]:
    seen = await shop.http.post(PREVIEW, json=order(*lines, **more))
    assert seen.status_code == 200, seen.text
    return [found["short_reason"] for found in seen.json()["lines"]]


async def test_a_test_order_is_short_of_nothing(shop: Driver) -> None:
    assert await reasons(shop, line("LAST", 9), test=True, channel="manual") == [None]
    made = await shop.place(line("LAST", 9), test=True)
    found = await shop.get(f"orders/{made['code']}/transitions")
    assert [way["effects"]["stock"] for way in found["allowed"]] == [[]] * len(found["allowed"])


@pytest.mark.parametrize(("sku", "most"), [("LAST", 1), ("FEW", 3)])
async def test_checkout_is_refused_what_is_not_offered(shop: Driver, sku: str, most: int) -> None:
    for path in (PREVIEW, "/api/v1/orders"):
        refused = await shop.http.post(path, json=order(line("ALWAYS", 99), line(sku, most + 1)))
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:comptoir:problem:not-offered")
        assert [error["field"] for error in refused.json()["errors"]] == ["lines.1.quantity"]
    assert await shop.rows("orders") == []
    assert await reasons(shop, line("ALWAYS", 99), line(sku, most)) == [None, None]
    await shop.place(line("ALWAYS", 99), line(sku, most))


async def test_lines_of_one_sku_share_what_is_offered(shop: Driver) -> None:
    refused = await shop.http.post("/api/v1/orders", json=order(line("FEW", 2), line("FEW", 2)))
    assert [error["field"] for error in refused.json()["errors"]] == ["lines.1.quantity"]


async def test_operator_is_told_beforehand_and_may_take_it(shop: Driver) -> None:
    lines = (line("LAST", 50), line("FEW", 4), line("ALWAYS", 99), line("UNKNOWN", 9), line("LAST", 2, kind="service"))
    said = ["backorder_refused", "backorder_limit", None, None, None]
    assert await reasons(shop, *lines, channel="manual") == said
    await shop.place(*lines, channel="manual")


async def test_what_was_sold_elsewhere_is_taken(shop: Driver) -> None:
    await shop.place(line("LAST", 2), channel="amazon", external_id="902-1")
    await shop.place(line("LAST", 2), imported=True, external_id="1")
    await shop.place(line("LAST", 2), status="draft")


async def test_one_of_a_batch_is_refused_alone(shop: Driver) -> None:
    bodies = [order(line("LAST", quantity), external_id=str(quantity)) for quantity in (1, 2)]
    found = (await shop.http.post("/api/v1/orders/batch", json={"orders": bodies})).json()["items"]
    assert [item["status"] for item in found] == [201, 422]
    assert found[1]["errors"][0]["field"] == "lines.0.quantity"
