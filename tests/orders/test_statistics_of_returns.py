"""Turnover of orders that came back: what the client has kept or paid for, told in figures and not by the same rule."""

import pytest

from tests.orders.driver import Driver, line
from tests.orders.test_statistics import gross, turned_over


async def test_of_a_returned_order_what_never_left_is_no_turnover(orders: Driver) -> None:
    made = await orders.place(line("WINE", quantity=6, price="10.00"))
    part = {"lines": [{"line": 1, "quantity": 2}]}
    await orders.move(made["code"], "shipped", shipment=part)
    back = {"stock": "lines", "lines": [{"line": 1, "quantity": 1}]}
    await orders.move(made["code"], "returned", decision=back)
    booked = (await turned_over(orders, "product"))["WINE"]["booked"]
    assert (booked["quantity"], booked["gross"], booked["net"]) == (1, "10.00", "8.33")
    assert gross(await turned_over(orders)) == {"2026-06-01": "10.00"}
    await orders.move(made["code"], "refunded", decision={"stock": "all"})
    assert gross(await turned_over(orders)) == {}


async def test_of_an_order_that_left_twice_the_last_return_counts(orders: Driver) -> None:
    made = await orders.place(line("WINE", quantity=3, price="10.00"))
    for status in ("shipped", "returned", "shipped"):
        await orders.move(made["code"], status, decision={"stock": "all"})
    await orders.move(made["code"], "returned", decision={"stock": "lines", "lines": [{"line": 1, "quantity": 1}]})
    booked = (await turned_over(orders, "product"))["WINE"]["booked"]
    assert (booked["quantity"], booked["gross"]) == (2, "20.00")


@pytest.mark.parametrize(
    ("captured", "refunded", "booked"),
    [(0, 0, "20.00"), (6000, 0, "60.00"), (6000, 4000, "20.00"), (6000, 5000, "10.00"), (2000, 500, "15.00")],
)
async def test_of_a_refunded_order_what_left_or_is_paid_counts(
    orders: Driver, captured: int, refunded: int, booked: str
) -> None:
    made = await orders.place(line("WINE", quantity=2, price="10.00"), line("BOX", quantity=4, price="10.00"))
    await orders.move(made["code"], "shipped", shipment={"lines": [{"line": 1, "quantity": 2}]})
    moved = await orders.move(made["code"], "refunded", decision={"stock": "unshipped"})
    await orders.hear(orders.account(moved, "paid", captured=captured, refunded=refunded))
    assert gross(await turned_over(orders)) == {"2026-06-01": booked}
    of_products = await turned_over(orders, "product")
    assert {sku: found["booked"]["quantity"] for sku, found in of_products.items()}["WINE"] == 2
    assert gross(of_products).get("BOX", "0.00") == ("40.00" if booked == "60.00" else "0.00")
