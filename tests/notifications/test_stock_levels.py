"""Levels of stock at the marketplaces: the newest only, zero first, within bounds and quotas, never for nothing."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator
from sqlalchemy import func, select

from services.notifications.domain.stock_levels import due
from services.notifications.jobs.bundling import bundle_levels
from services.notifications.tables import obligations
from tests.notifications.driver import NOON, Clock, Driver, product

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
@pytest.mark.failure_mode(17)
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
@pytest.mark.failure_mode(11)
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


async def test_many_levels_leave_as_one_feed(house: Driver, clock: Clock, specs_dir: Path) -> None:
    skus = [f"w{number}" for number in range(320)]
    await listed(house, "amazon", *skus)
    refused = {"sku": "w7", "product_type": "NO_SUCH_TYPE"}
    await house.http.post(f"{CHANNELS}/amazon/listings", json={"listings": [refused]})
    await asyncio.gather(*(house.hear(product(sku, 0 if sku == skus[-1] else 5)) for sku in skus))
    outbox, amazon = house.service.outbox, house.service.state["sandbox"].amazon
    await bundle_levels(outbox, lambda: None)
    await house.deliver()
    assert await sent_one_by_one(house) == [("w319", 0)]  # a zero waits for nobody
    [document] = [content for content in amazon.feeds.documents() if b'"messages":' in content]
    for name in ("listings-feed-schema-v2.json", "listings-feed-message-schema-v2.json"):
        schema = orjson.loads((specs_dir / "amazon" / name).read_bytes())
        found = orjson.loads(document)
        Draft7Validator(schema).validate(found if "feed-schema" in name else found["messages"][0])
    await house.hear(product("w0", 9, 2))
    for _ in range(3):
        clock.forward(minutes=3)
        await house.deliver()
    report = next(content for content in amazon.feeds.documents() if b'"summary":' in content)
    schema = orjson.loads((specs_dir / "amazon" / "listings-feed-processing-report-schema-v2.json").read_bytes())
    Draft7Validator(schema).validate(orjson.loads(report))
    counted = await house.rows(
        select(obligations.c.verb, obligations.c.state, func.count()).group_by(obligations.c.verb, obligations.c.state)
    )
    assert sorted(map(tuple, counted)) == [("levels", "done", 1), ("stock", "done", 319), ("stock", "rejected", 1)]
    assert (amazon.quantities["w0"], amazon.quantities["w1"], "w7" in amazon.quantities) == (9, 5, False)


async def sent_one_by_one(house: Driver) -> list[tuple[str, int]]:
    """The levels that did not go by feed."""
    bodies = [call["request"] for call in await house.calls("amazon") if "patches" in call["request"]["body"]]
    return [(one["path"].rsplit("/", 1)[-1], one["body"]["patches"][0]["value"][0]["quantity"]) for one in bodies]


@pytest.mark.failure_mode(17)
def test_ebay_is_not_revised_more_often_than_it_allows() -> None:
    """A product that comes and goes every minute of a day stays within 250 revisions."""
    sent: list[tuple[datetime, int]] = []
    for minute in range(24 * 60):
        now = NOON + timedelta(minutes=minute)
        quantity = minute % 2
        last = sent[-1] if sent else None
        differs = last is None or last[1] != quantity
        if differs and due("ebay", last[0] if last else None, now, sold_out=quantity == 0) <= now:
            sent.append((now, quantity))
    assert 200 < len(sent) <= 250
    assert all(second[1] != first[1] for first, second in pairwise(sent))
