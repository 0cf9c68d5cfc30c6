"""Levels of stock at the marketplaces: the newest only, zero first, within bounds and quotas, never for nothing."""

from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.tables import attempts, obligations
from tests.notifications.driver import Clock, Driver, product

CHANNELS = "/api/v1/notifications/channels"


async def listed(house: Driver, channel: str, *skus: str, **account: Any) -> None:
    """A shop that sends the levels of these products, all under their own names."""
    await house.settle_channel(channel, pull_orders=False, send_stock=True, **account)
    body = {"listings": [{"sku": sku, "offer_id": f"offer-{sku}"} for sku in skus]}
    answer = await house.http.post(f"{CHANNELS}/{channel}/listings", json=body)
    assert answer.status_code == 200, answer.text


async def sent(house: Driver, channel: str) -> list[tuple[str, int]]:
    """(SKU, quantity) of every call, in their order."""
    bodies = [call["request"] for call in await house.calls(channel)]
    if channel == "amazon":
        return [(one["path"].rsplit("/", 1)[-1], one["body"]["patches"][0]["value"][0]["quantity"]) for one in bodies]
    items = [one["body"]["requests"][0] for one in bodies]
    assert all(item["offers"][0]["offerId"] == f"offer-{item['sku']}" for item in items)
    return [(item["sku"], item["shipToLocationAvailability"]["quantity"]) for item in items]


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_the_newest_level_leaves_once(house: Driver, clock: Clock, channel: str) -> None:
    await listed(house, channel, "w", buffer=2, maximum=10)
    await house.hear(product("w", 9, 1), product("w", 5, 2), product("unlisted", 7))
    await house.deliver()
    await house.hear(product("w", 5, 3))
    await house.deliver()
    assert await sent(house, channel) == [("w", 3)]
    await house.hear(product("w", 40, 4), product("w", 100, 5))
    await house.deliver()
    assert await sent(house, channel) == [("w", 3)]  # gathered
    clock.forward(minutes=15)
    await house.deliver()
    assert await sent(house, channel) == [("w", 3), ("w", 10)]


async def test_a_zero_waits_for_nothing_and_goes_first(house: Driver, clock: Clock) -> None:
    await listed(house, "amazon", *(f"w{number}" for number in range(8)))
    await house.hear(*(product(f"w{number}", 5) for number in range(8)))
    await house.deliver()
    assert len(await sent(house, "amazon")) == 5  # what the quota allows at once
    await house.hear(product("w0", 0, 2))
    clock.forward(seconds=0.2)
    await house.deliver()
    assert (await sent(house, "amazon"))[5] == ("w0", 0)


async def test_listings_and_choices_change_levels_at_once(house: Driver, clock: Clock) -> None:
    await house.hear(product("w", 9))
    await listed(house, "amazon", "w")
    await house.deliver()
    clock.forward(minutes=1)
    await house.settle_channel("amazon", send_stock=True, pull_orders=False, buffer=4)
    await house.deliver()
    assert await sent(house, "amazon") == [("w", 9), ("w", 5)]
    page = (await house.http.get(f"{CHANNELS}/amazon/listings")).json()
    assert (page["total"], page["items"][0]["external_sku"]) == (1, "w")
    assert (await house.http.delete(f"{CHANNELS}/amazon/listings/w")).status_code == 204
    assert (await house.http.delete(f"{CHANNELS}/amazon/listings/w")).status_code == 404
    clock.forward(minutes=1)
    await house.hear(product("w", 1, 2))
    await house.deliver()
    assert len(await sent(house, "amazon")) == 2


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_a_200_that_is_no_success_is_a_rejection(house: Driver, clock: Clock, channel: str) -> None:
    await listed(house, channel, "w")
    await house.fault(channel, "200_invalid")
    await house.hear(product("w", 3))
    await house.deliver()
    [row] = await house.deliveries()
    assert (row["outcome"], row["verb"], row["subject"]) == ("rejected", "stock", "sku/w")
    assert row["needs_person"]
    assert "not" in row["reason"]
    clock.forward(hours=1)
    await house.deliver()
    assert len(await house.calls(channel)) == 1  # not again until the level changes
    await house.hear(product("w", 4, 2))
    await house.deliver()
    assert (await house.deliveries())[0]["outcome"] == "done"


async def test_a_level_that_comes_while_its_call_is_out_leaves_too(house: Driver) -> None:
    await listed(house, "amazon", "w")
    await house.hear(product("w", 3))
    await house.deliverer.run()
    await house.hear(product("w", 0, 2))
    await house.deliverer.idle()
    await house.deliver()
    assert (await sent(house, "amazon"))[-1] == ("w", 0)
    assert [row.state for row in await house.rows(select(obligations.c.state))] == ["done"]


async def test_ebay_is_not_revised_more_often_than_it_allows(house: Driver, clock: Clock) -> None:
    """A product that comes and goes all day: within 250 revisions, and the marketplace has the newest in the end."""
    await listed(house, "ebay", "w")
    for minute in range(0, 24 * 60, 6):
        await house.hear(product("w", minute % 12, minute + 1))
        await house.deliver()
        clock.forward(minutes=6)
    await house.deliver()
    calls = await house.calls("ebay")
    assert len(calls) <= 250
    assert {call["response"]["status"] for call in calls} == {200}
    assert (await house.rows(select(attempts.c.outcome).distinct())) == [("done",)]
