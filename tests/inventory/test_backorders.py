"""What a product offers beyond its stock: back orders and safety stock, and what orders are told that have to wait."""

from typing import Any

import pytest

from tests.inventory.driver import Driver, line, order

PRODUCTS = "/api/v1/inventory/products"


async def offer(inventory: Driver, units: int = 0, **terms: Any) -> None:
    """Put the wine's sheet with these terms, and receive units."""
    answer = await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Wine"} | terms)
    assert answer.status_code in (200, 201), answer.text
    if units:
        await inventory.book("wine", units)


async def orderable(inventory: Driver) -> tuple[int, bool, int | None]:
    """Available, sold out, orderable."""
    found = await inventory.get("stock/wine")
    return found["available"], found["sold_out"], found["orderable"]


async def told(inventory: Driver, number: int) -> tuple[str, int, str | None]:
    """Of an order's only line: the order's stock fact, the units it has got, and why no more."""
    await inventory.answer_marked()
    answer = await inventory.answer(number)
    [only] = answer.lines
    return answer.stock, only.allocated, only.reason


async def test_safety_stock_is_never_offered_though_an_order_gets_it(inventory: Driver) -> None:
    await offer(inventory, 5, safety_stock=2)
    assert await orderable(inventory) == (3, False, None)
    await inventory.hear(order(1, 1, line("wine", 3)))
    assert await orderable(inventory) == (0, True, None)
    said = await inventory.product("wine")
    assert said is not None
    assert (said.available, said.sold_out) == (0, True)
    await inventory.hear(order(2, 1, line("wine", 2, since=1)))
    assert await told(inventory, 2) == ("reserved", 2, None)
    assert await orderable(inventory) == (-2, True, None)


async def test_changed_safety_stock_flips_sold_out_both_ways(inventory: Driver) -> None:
    await offer(inventory, 2)
    for safety, sold_out in ((2, True), (1, False)):
        await inventory.forget_said()
        await offer(inventory, safety_stock=safety)
        said = await inventory.product("wine")
        assert said is not None
        assert (said.available, said.sold_out) == (2 - safety, sold_out)
        assert [item["sku"] for item in (await inventory.get("stock", sold_out=sold_out))["items"]] == ["wine"]


async def test_allowed_waits_without_a_reason(inventory: Driver) -> None:
    await offer(inventory, 1, backorder="allowed")
    await inventory.hear(order(1, 1, line("wine", 3)))
    assert await told(inventory, 1) == ("partly", 1, None)
    assert await orderable(inventory) == (0, True, None)


async def test_refused_is_said_short_with_its_reason_until_goods_come(inventory: Driver) -> None:
    await offer(inventory, 1, backorder="refused")
    assert await orderable(inventory) == (1, False, 1)
    await inventory.hear(order(1, 1, line("wine", 3)))
    assert await told(inventory, 1) == ("partly", 1, "backorder_refused")
    assert await orderable(inventory) == (0, True, 0)
    await inventory.book("wine", 2)
    assert await told(inventory, 1) == ("reserved", 3, None)


async def test_limited_names_who_waits_beyond_the_limit(inventory: Driver) -> None:
    await offer(inventory, 1, backorder="limited", backorder_limit=3)
    assert await orderable(inventory) == (1, False, 4)
    await inventory.hear(order(1, 1, line("wine", 3)))
    assert await orderable(inventory) == (0, True, 1)
    await inventory.hear(order(2, 1, line("wine", 2, since=1)))
    assert await told(inventory, 1) == ("partly", 1, None)
    assert await told(inventory, 2) == ("short", 0, "backorder_limit")
    assert await orderable(inventory) == (0, True, 0)


async def test_orders_hears_how_many_may_be_ordered(inventory: Driver) -> None:
    for terms, most in (({}, None), ({"backorder": "limited", "backorder_limit": 3}, 3), ({"backorder": "refused"}, 0)):
        await offer(inventory, **terms)
        said = await inventory.product("wine")
        assert said is not None
        assert (said.backorder, said.orderable) == (terms.get("backorder", "allowed"), most)


async def test_orders_hears_of_a_longer_waiting_list(inventory: Driver) -> None:
    """Nothing is available before and after, yet fewer may be ordered."""
    await offer(inventory, backorder="limited", backorder_limit=3)
    await inventory.forget_said()
    await inventory.hear(order(1, 1, line("wine", 2)))
    inventory.clock.advance(seconds=2)
    await inventory.publish()
    said = await inventory.product("wine")
    assert said is not None
    assert (said.available, said.orderable) == (0, 1)


async def test_who_moves_up_within_the_limit_is_told(inventory: Driver) -> None:
    await offer(inventory, backorder="limited", backorder_limit=2)
    await inventory.hear(order(1, 1, line("wine", 2)))
    await inventory.hear(order(2, 1, line("wine", 2, since=1)))
    assert await told(inventory, 2) == ("short", 0, "backorder_limit")
    await inventory.hear(order(1, 2, line("wine", 0)))
    assert await told(inventory, 2) == ("short", 0, None)
    await inventory.hear(order(3, 1, line("wine", 1, since=2)))
    assert await told(inventory, 3) == ("short", 0, "backorder_limit")
    await inventory.hear(order(1, 3, line("wine", 1)))
    assert await told(inventory, 2) == ("short", 0, "backorder_limit")


async def test_changed_terms_are_told_to_those_who_wait(inventory: Driver) -> None:
    await offer(inventory)
    await inventory.hear(order(1, 1, line("wine", 2)))
    for terms, reason in (
        ({"backorder": "refused"}, "backorder_refused"),
        ({"backorder": "limited", "backorder_limit": 1}, "backorder_limit"),
        ({"backorder": "limited", "backorder_limit": 2}, None),
    ):
        await offer(inventory, **terms)
        assert await told(inventory, 1) == ("short", 0, reason)
    await inventory.verify()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"backorder": "sometimes"}, "backorder"),
        ({"backorder": "limited"}, "backorder_limit"),
        ({"backorder_limit": 3}, "backorder_limit"),
        ({"backorder": "limited", "backorder_limit": -1}, "backorder_limit"),
        ({"safety_stock": -1}, "safety_stock"),
        ({"safety_stock": True}, "safety_stock"),
    ],
)
async def test_wrong_terms_are_refused_by_field(inventory: Driver, wrong: dict[str, Any], field: str) -> None:
    refused = await inventory.http.put(f"{PRODUCTS}/wine", json={"name": "Wine"} | wrong)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
