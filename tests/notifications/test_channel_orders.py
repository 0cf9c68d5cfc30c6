"""Orders of marketplaces: read page by page, said once and repeated, warned of, forgotten."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.commands.pulling import claim_pull, record_pull
from services.notifications.domain.channel_orders import Ours, Pulled, translated
from services.notifications.domain.results import Result, Trouble
from services.notifications.tables import channel_orders, channel_pulls
from shared.contracts import Channel, ChannelLine, ChannelOrder, Customer, LineKind, Outcome
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import NOON, Clock, Driver, line, marketplace_order, parcel, product

CHANNELS = "/api/v1/notifications/channels"


def _id(bought: dict[str, Any]) -> str:
    return str(bought["orderId"])


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_an_order_is_read_and_said_in_our_words(house: Driver, channel: str) -> None:
    await house.hear(product("graves"))
    await house.settle_channel(channel, seller_id="A1")
    listing = {"sku": "graves", "external_sku": "AMZ-GRAVES"}
    await house.http.post(f"{CHANNELS}/{channel}/listings", json={"listings": [listing]})
    bought = await house.buy(channel, "AMZ-GRAVES", quantity=3, unit_price="9.90", shipping="4.50")
    await house.pull()
    [said] = await house.shown()
    assert (said.channel.value, said.external_id, said.version, said.currency) == (channel, _id(bought), 1, "EUR")
    wine, delivery = said.lines
    assert (wine.sku, wine.quantity, wine.unit_price, wine.tax_rate) == ("graves", 3, Decimal("9.90"), Decimal(20))
    assert (
        wine.external_id
        == (bought.get("orderItems") or bought["lineItems"])[0]["orderItemId" if channel == "amazon" else "lineItemId"]
    )
    assert (delivery.kind, delivery.unit_price) == (LineKind.SERVICE, Decimal("4.50"))
    assert (delivery.tax_rate, delivery.tax_rate_known) == (Decimal(20), True)
    assert said.shipping_address is not None
    assert (said.shipping_address.city, said.customer.name) == ("Bordeaux", "Zoé Martin")
    assert said.ship_by == NOON + timedelta(days=2)


def test_delivery_bears_the_rate_of_most_of_the_goods() -> None:
    house = {"wine": Ours("wine", Decimal(20)), "book": Ours("book", Decimal("5.5")), "gift": Ours("gift", None)}

    def rates(*goods: tuple[str, int]) -> list[tuple[Decimal, bool]]:
        order = shown(*goods, ("SHIPPING", 1))
        return [(line.tax_rate, line.tax_rate_known) for line in translated(order, house).lines]

    assert rates(("wine", 1), ("book", 2))[-1] == (Decimal("5.5"), True)
    assert rates(("wine", 1), ("book", 1))[-1] == (Decimal(20), True)
    assert rates(("gift", 9), ("wine", 1)) == [(Decimal(0), False), (Decimal(20), True), (Decimal(20), True)]
    assert rates(("gift", 1)) == [(Decimal(0), False)] * 2


def shown(*lines: tuple[str, int]) -> ChannelOrder:
    """An order of so many units of these, at 10.00; `SHIPPING` is a service."""
    return ChannelOrder(
        shop="cave",
        version=1,
        channel=Channel.EBAY,
        external_id="12-1",
        placed_at=NOON,
        currency="EUR",
        customer=Customer(name="Zoé", email="zoe@example.com"),
        lines=tuple(
            ChannelLine(
                external_id=f"item-{sku}",
                sku=sku,
                title=sku,
                quantity=units,
                unit_price=Decimal("10.00"),
                kind=LineKind.SERVICE if sku == "SHIPPING" else None,
            )
            for sku, units in lines
        ),
    )


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_what_a_marketplace_repeats_is_no_news(house: Driver, clock: Clock, channel: str) -> None:
    await house.settle_channel(channel)
    bought = await house.buy(channel)
    await house.pull()
    for change in ({}, {"cancel_requested": True}, {"cancelled": True}):
        clock.forward(minutes=4)
        await house.http.patch(f"/sandbox/{channel}/orders/{_id(bought)}", json=change)
        await house.pull()
    [said] = await house.shown()
    assert (said.version, said.cancelled) == (3, True)


async def test_orders_dealt_with_before_are_none_of_ours(house: Driver) -> None:
    bought = await house.buy("amazon")
    await house.http.patch(f"/sandbox/amazon/orders/{_id(bought)}", json={"cancelled": True})
    await house.settle_channel("amazon")
    await house.pull()
    assert await house.shown() == []


@pytest.mark.parametrize("channel", ["amazon", "ebay"])
@pytest.mark.failure_mode(17)
async def test_pages_are_read_to_the_end_within_the_quota(house: Driver, clock: Clock, channel: str) -> None:
    for _ in range(230):
        await house.buy(channel)
    await house.settle_channel(channel)
    await house.pull()
    assert len(await house.shown()) == 230
    [row] = await house.rows(select(channel_pulls))
    assert (row.page, row.pulled_at, row.reason) == (None, NOON, None)
    assert row.since == NOON - timedelta(minutes=5)
    await house.pull()
    [again] = await house.rows(select(channel_pulls))
    assert again.fence == row.fence  # nothing is due before the pause is over


async def test_an_order_is_repeated_until_it_is_heard(house: Driver, clock: Clock) -> None:
    await house.settle_channel("amazon", pull_orders=True)
    bought = await house.buy("amazon")
    await house.pull()
    await house.settle_channel("amazon", pull_orders=False)
    repeats = []
    for _ in range(30):
        clock.forward(hours=1)
        await house.pull()
        [row] = await house.rows(select(channel_orders.c.repeats, channel_orders.c.repeat_at))
        repeats.append(row.repeats)
    assert repeats[-1] > repeats[10] > 3
    await house.hear(marketplace_order(Channel.AMAZON, 1, external_id=_id(bought)))
    clock.forward(hours=1)
    await house.pull()
    [row] = await house.rows(select(channel_orders))
    assert (row.order_id is not None, row.repeat_at) == (True, None)


async def test_a_person_is_warned_before_the_last_moment_to_ship(house: Driver, clock: Clock) -> None:
    await house.settle_channel("amazon", alert_hours=6)
    await house.buy("amazon")
    await house.pull()
    clock.forward(hours=41)
    await house.pull()
    assert [said.ship_soon for said in await house.shown()] == [False]
    clock.forward(hours=1)
    await house.pull()
    await house.pull()
    assert [(said.version, said.ship_soon) for said in await house.shown()] == [(2, True)]


async def test_an_order_that_left_in_time_warns_nobody(house: Driver, clock: Clock) -> None:
    await house.settle_channel("amazon")
    bought = await house.buy("amazon")
    item = bought["orderItems"][0]["orderItemId"]
    await house.pull()
    await house.hear(
        marketplace_order(Channel.AMAZON, 1, parcel(1), external_id=_id(bought), lines=(line(1, 1, external_id=item),))
    )
    await house.deliver()
    clock.forward(minutes=4)
    await house.pull()
    clock.forward(hours=47)
    await house.pull()
    assert [said.ship_soon for said in await house.shown()] == [False]


async def test_of_an_erased_person_nothing_is_kept(house: Driver, clock: Clock) -> None:
    await house.settle_channel("amazon")
    bought = await house.buy("amazon")
    await house.pull()
    await house.hear(marketplace_order(Channel.AMAZON, 1, external_id=_id(bought), erased=True))
    await house.http.patch(f"/sandbox/amazon/orders/{_id(bought)}", json={"cancel_requested": True})
    clock.forward(minutes=10)
    await house.pull()
    [row] = await house.rows(select(channel_orders))
    assert (row.body, row.repeat_at) == (None, None)


async def test_a_buyer_is_forgotten_when_the_order_ships_after_the_last_repeat(house: Driver, clock: Clock) -> None:
    await house.settle_channel("amazon")
    bought = await house.buy("amazon")
    item = bought["orderItems"][0]["orderItemId"]
    await house.pull()
    lines = (line(1, 1, external_id=item),)
    await house.hear(marketplace_order(Channel.AMAZON, 1, external_id=_id(bought), lines=lines))
    for _ in range(34):
        clock.forward(hours=1)
        await house.pull()
    [row] = await house.rows(select(channel_orders))
    assert (row.body is not None, row.repeat_at) == (True, None)  # still to be shipped
    sent = parcel(1, tracking_number="6A1")
    await house.hear(marketplace_order(Channel.AMAZON, 2, sent, external_id=_id(bought), lines=lines))
    await house.deliver()
    clock.forward(minutes=4)
    await house.pull()
    [row] = await house.rows(select(channel_orders))
    assert (row.open, row.body, row.repeat_at) == (False, None, None)


async def test_a_marketplace_in_trouble_is_asked_again_later(house: Driver, clock: Clock) -> None:
    await house.settle_channel("amazon")
    await house.fault("amazon", "expired_token", 2)
    await house.buy("amazon")
    await house.pull()
    shown = (await house.http.get(f"{CHANNELS}/amazon")).json()
    assert shown["pulled_at"] is None
    assert shown["trouble"].startswith("403")
    clock.forward(minutes=1)
    await house.pull()
    assert len(await house.shown()) == 1
    assert (await house.http.get(f"{CHANNELS}/amazon")).json()["trouble"] is None


@pytest.mark.parametrize(
    ("result", "page", "seconds"),
    [
        (Result(Outcome.RETRY, "busy", retry_after=7, trouble=Trouble.BUSY), "page-2", 7),
        (Result(Outcome.REJECTED, "who knows this token"), None, 180),
    ],
)
async def test_a_round_goes_on_where_it_was_unless_the_page_is_refused(
    house: Driver, clock: Clock, result: Result, page: str | None, seconds: int
) -> None:
    await house.settle_channel("amazon")
    outbox = house.service.outbox
    for came in (Pulled((), "page-2"), result):
        async with outbox.transaction() as tx:
            claimed = await claim_pull(tx, "cave", "amazon", 30)
        assert claimed is not None
        async with outbox.transaction() as tx:
            await record_pull(tx, claimed, came, 0)
    [row] = await house.rows(select(channel_pulls))
    assert (row.page, row.due_at, row.since) == (page, NOON + timedelta(seconds=seconds), NOON - timedelta(days=2))


async def test_a_slow_seller_holds_up_no_reading_of_others(make_driver: MakeDriver) -> None:
    """The job begins what is due and waits for none of it; what is being read already is not begun twice."""
    house = await make_driver()
    await house.settle_channel("amazon")
    await house.fault("amazon", "expired_token", 2)
    await house.puller.run()
    await house.puller.run()
    await house.puller.idle()
    [row] = await house.rows(select(channel_pulls))
    assert row.fence == 1


async def test_two_workers_read_a_page_once(make_driver: MakeDriver) -> None:
    one, two = await make_driver(), await make_driver()
    await one.settle_channel("amazon")
    await asyncio.gather(*(house.pull() for house in (one, two, one, two)))
    [row] = await one.rows(select(channel_pulls))
    assert (row.fence, row.lease_until, row.pulled_at) == (1, None, NOON)
