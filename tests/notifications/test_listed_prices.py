"""Prices at eBay: with tax, in the listing's currency, with the level, the newest only, within the same quota."""

from decimal import Decimal
from typing import Any

import pytest

from services.notifications.domain.listed_prices import price_in, public_prices
from shared.contracts import ListPrice, Product
from tests.notifications.driver import Clock, Driver, product

CHANNELS = "/api/v1/notifications/channels"


def priced(price: str, available: int = 5, version: int = 1, **changes: Any) -> Product:
    """Wine that costs so many euros."""
    return product("w", available, version, price=Decimal(price), currency="EUR", **changes)


async def listed(house: Driver, **account: Any) -> None:
    """A shop whose one product has an offer at eBay."""
    await house.settle_channel("ebay", pull_orders=False, send_stock=True, **account)
    body = {"listings": [{"sku": "w", "offer_id": "offer-w"}]}
    assert (await house.http.post(f"{CHANNELS}/ebay/listings", json=body)).status_code == 200


async def sent(house: Driver) -> list[tuple[int, str | None]]:
    """(quantity, price) of every call, in their order."""
    offers = [call["request"]["body"]["requests"][0]["offers"][0] for call in await house.calls("ebay")]
    return [(one["availableQuantity"], (one.get("price") or {}).get("value")) for one in offers]


async def test_the_newest_price_leaves_with_the_level_in_its_turn(house: Driver, clock: Clock) -> None:
    await listed(house, send_prices=True)
    await house.hear(priced("18.50"))
    await house.deliver()
    await house.hear(priced("18.50", version=2), priced("17.00", version=3), priced("16.00", version=4))
    await house.deliver()
    assert await sent(house) == [(5, "18.50")]  # gathered, as levels are
    clock.forward(minutes=12)
    await house.deliver()
    assert await sent(house) == [(5, "18.50"), (5, "16.00")]
    sandbox: Any = house.service.state["sandbox"]
    assert sandbox.ebay.prices == {"offer-w": "16.00 EUR"}


async def test_a_price_of_what_is_sold_out_waits_and_the_zero_does_not(house: Driver, clock: Clock) -> None:
    await listed(house, send_prices=True)
    await house.hear(priced("18.50"))
    await house.deliver()
    await house.hear(priced("18.50", 0, 2), priced("17.00", 0, 3))
    await house.deliver()
    assert await sent(house) == [(5, "18.50"), (0, "17.00")]
    await house.hear(priced("16.00", 0, 4))
    await house.deliver()
    assert len(await sent(house)) == 2
    clock.forward(minutes=12)
    await house.deliver()
    assert (await sent(house))[2:] == [(0, "16.00")]


async def test_prices_are_told_where_the_shop_wants_it_in_its_currency(house: Driver, clock: Clock) -> None:
    swiss = ListPrice(price_list="public", currency="CHF", price=Decimal("19.00"))
    reseller = ListPrice(price_list="reseller", currency="CHF", price=Decimal(9))
    await house.hear(priced("18.50", prices=(reseller, swiss)))
    for account in ({}, {"send_prices": True, "currency": "CHF"}, {"send_prices": True, "currency": "GBP"}):
        await listed(house, **account)
        clock.forward(minutes=12)
        await house.deliver()
    assert await sent(house) == [(5, None), (5, "19.00"), (5, None)]
    shown = (await house.http.get(f"{CHANNELS}/ebay")).json()
    assert (shown["send_prices"], shown["currency"]) == (True, "GBP")


def test_consumers_see_prices_with_tax() -> None:
    net = priced("10.62", price_includes_tax=False, tax_rate=Decimal("5.5"))
    assert public_prices(net) == {"EUR": "11.20"}
    assert public_prices(net.model_copy(update={"tax_rate": None})) == {}
    assert public_prices(priced("0")) == {}
    assert public_prices(product("w")) == {}
    assert (price_in(None, "EUR", {"EUR": "1.00"}), price_in("CHF", "EUR", {"EUR": "1.00"})) == (("1.00", "EUR"), None)


@pytest.mark.parametrize(
    ("channel", "account", "field"),
    [
        ("ebay", {"send_prices": True}, "send_prices"),
        ("amazon", {"send_prices": True, "send_stock": True}, "send_prices"),
        ("ebay", {"currency": "XXX"}, "currency"),
    ],
)
async def test_choices_that_would_do_nothing_are_refused(
    house: Driver, channel: str, account: dict[str, Any], field: str
) -> None:
    answer = await house.http.put(f"{CHANNELS}/{channel}", json=account)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
