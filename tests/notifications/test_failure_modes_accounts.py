"""What an account meets over time, of the ways for calls to go wrong (`tests.failure_modes`), on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from services.notifications.domain.lanes import PARKED, Lane, Rate, after, fresh, leave, spent
from services.notifications.domain.results import Result, Trouble
from services.notifications.tables import attempts
from shared.contracts import Channel, Line, Outcome
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import ADMINISTRATORS, NOON, Clock, Driver, line, marketplace_order, parcel, shop

MARKETPLACES = pytest.mark.parametrize("channel", [Channel.AMAZON, Channel.EBAY])
REFUSED = Result(Outcome.RETRY, "403 no", trouble=Trouble.REFUSED)
RATE = Rate(2, 10)


async def bought(house: Driver, channel: Channel, quantity: int) -> tuple[str, Line]:
    """An order that somebody made at a sandbox: its id there, and our line."""
    order = await house.buy(channel.value, quantity=quantity)
    item = (order.get("orderItems") or order["lineItems"])[0]
    return order["orderId"], line(1, quantity, external_id=item.get("orderItemId") or item["lineItemId"])


def state_at(house: Driver, channel: Channel, external: str) -> str:
    """How far the marketplace says an order is."""
    sandbox: Any = house.service.state["sandbox"]
    if channel is Channel.AMAZON:
        return str(sandbox.amazon.orders.find(external)["fulfillment"]["fulfillmentStatus"])
    return str(sandbox.ebay.orders.find(external)["orderFulfillmentStatus"])


async def tries(house: Driver) -> int:
    """Attempts at marketplaces, mails left out."""
    delivered = await house.deliveries()
    counted = select(func.count()).where(attempts.c.obligation_id.in_([one["id"] for one in delivered]))
    mails = sum(int(one["attempts"]) for one in delivered if one["channel"] == "mail")
    return int((await house.rows(counted))[0][0]) - mails


async def alerts(house: Driver) -> list[str]:
    """The subjects of what the administrators were mailed."""
    mails = [call["request"] for call in await house.calls("mail")]
    assert all(mail["to"] == list(ADMINISTRATORS) for mail in mails)
    return [mail["subject"] for mail in mails]


async def go_on(house: Driver, clock: Clock, until: float, **step: float) -> None:
    """Work step by step until so many hours after noon."""
    while clock.now < NOON + timedelta(hours=until):
        await house.deliver()
        clock.forward(**step)


@pytest.mark.failure_mode(4)
@MARKETPLACES
async def test_refused_credentials_park_the_account_and_a_person_is_told(
    house: Driver, clock: Clock, channel: Channel
) -> None:
    await house.fault(channel, "expired_token", 100_000)
    await house.hear(*(marketplace_order(channel, 1, parcel(1), number=number) for number in (1, 2, 3)))
    await go_on(house, clock, 6, minutes=5)
    assert await tries(house) <= 3 + 15, "the probes grow rarer"
    name = "Amazon" if channel is Channel.AMAZON else "eBay"
    assert await alerts(house) == [f"La Cave : {name} refuse nos identifiants"]
    await house.fault(channel, "none")
    await house.deliver()
    assert [await house.outcomes(number) for number in (1, 2, 3)] == [[(channel, "retry")]] * 3
    await house.settle_channel(channel)
    await house.deliver()
    await house.deliver()
    assert [await house.outcomes(number) for number in (1, 2, 3)] == [[(channel, "done")]] * 3


@pytest.mark.failure_mode(4)
async def test_a_person_who_retries_has_a_parked_account_tried_at_once(house: Driver, clock: Clock) -> None:
    await house.fault("amazon", "expired_token", 100_000)
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1)))
    await go_on(house, clock, 2, minutes=10)
    await house.fault("amazon", "none")
    [delivery] = await house.deliveries(order="CO-1")
    await house.http.post(f"/api/v1/notifications/deliveries/{delivery['id']}/retry")
    await house.deliver()
    assert await house.outcomes() == [("amazon", "done")]


@pytest.mark.failure_mode(4)
def test_a_parked_account_asks_for_few_tokens_a_day() -> None:
    """eBay grants 50,000 a day to all of an application's sellers."""
    lane, now, probes = after(fresh(RATE, NOON), [REFUSED], NOON), NOON, 0
    while now < NOON + timedelta(days=1):
        if leave(lane, RATE, now).calls:
            lane, probes = after(spent(lane, RATE, now, 1), [REFUSED], now), probes + 1
        now += timedelta(seconds=1)
    assert 24 <= probes <= 40
    assert lane.probe_at is not None
    assert lane.probe_at - now <= PARKED


@pytest.mark.failure_mode(4)
def test_an_account_that_is_merely_away_is_tried_every_15_seconds() -> None:
    away = Result(Outcome.RETRY, "503", trouble=Trouble.DOWN)
    lane: Lane = after(fresh(RATE, NOON), [away] * 3, NOON)
    hour = NOON + PARKED
    lane = after(spent(lane, RATE, hour, 1), [away], hour)
    assert lane.probe_at == hour + timedelta(seconds=15)


@pytest.mark.failure_mode(7)
@MARKETPLACES
async def test_each_parcel_is_a_call_of_its_own(house: Driver, clock: Clock, channel: Channel) -> None:
    external, wine = await bought(house, channel, 3)
    first, second = parcel(1, (1, 2)), parcel(2, (1, 1))
    states = []
    for version, parcels in enumerate([(first,), (first, second)], 1):
        await house.hear(marketplace_order(channel, version, *parcels, external_id=external, lines=(wine,)))
        await house.deliver()
        states.append(state_at(house, channel, external))
    amazons, ebays = ["PARTIALLY_SHIPPED", "SHIPPED"], ["IN_PROGRESS", "FULFILLED"]
    assert states == (amazons if channel is Channel.AMAZON else ebays)
    bodies = [call["request"]["body"] for call in await house.calls(channel)]
    items = [(body.get("packageDetail") or body) for body in bodies]
    assert [(one.get("orderItems") or one["lineItems"])[0]["quantity"] for one in items] == [2, 1]


@pytest.mark.failure_mode(8)
@MARKETPLACES
async def test_a_cancelled_order_is_not_confirmed_and_orders_hears_of_it(
    house: Driver, clock: Clock, channel: Channel
) -> None:
    await house.settle_channel(channel)
    external, wine = await bought(house, channel, 1)
    await house.pull()
    changed = f"/sandbox/{channel}/orders/{external}"
    facts = []
    for change in ({"cancel_requested": True}, {"cancelled": True}):
        await house.http.patch(changed, json=change)
        clock.forward(minutes=4)
        await house.pull()
        [said] = await house.shown()
        facts.append((said.cancel_requested, said.cancelled))
    assert facts[0] == (True, False), "a buyer's wish stays a wish"
    assert facts[1][1]
    await house.hear(marketplace_order(channel, 1, parcel(1, (1, 1)), external_id=external, lines=(wine,)))
    await house.deliver()
    [item] = (await house.answer()).items
    name = "Amazon" if channel is Channel.AMAZON else "eBay"
    assert (item.outcome, item.attempts) == (Outcome.REJECTED, 1)
    assert item.reason == f"the order was cancelled at {name}: keep the parcel if it has not left"


@pytest.mark.failure_mode(9)
async def test_a_correction_of_what_was_refused_goes_again(house: Driver) -> None:
    wrong, right = parcel(1, carrier=None), parcel(1, carrier="Colissimo", revision=2)
    await house.hear(marketplace_order(Channel.AMAZON, 1, wrong))
    await house.deliver()
    [refused] = (await house.answer()).items
    assert (refused.outcome, "carrierName" in str(refused.reason)) == (Outcome.REJECTED, True)
    assert await house.calls("amazon") == []
    await house.hear(marketplace_order(Channel.AMAZON, 2, right))
    await house.deliver()
    assert await house.outcomes() == [("amazon", "obsolete"), ("amazon", "done")]
    assert len(await house.calls("amazon")) == 1


@pytest.mark.failure_mode(14)
async def test_somebody_is_told_after_an_hour_and_three_days_are_the_end(house: Driver, clock: Clock) -> None:
    await house.fault("amazon", "500", 100_000)
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1)))
    await go_on(house, clock, 0.95, minutes=2)
    assert await alerts(house) == []
    await go_on(house, clock, 2, minutes=4)
    told = ["La Cave : Amazon ne répond pas depuis plus d’une heure"]
    assert await alerts(house) == told
    await go_on(house, clock, 70, hours=2)
    assert await house.outcomes() == [("amazon", "retry")]
    await go_on(house, clock, 75, hours=1)
    [item] = (await house.answer()).items
    assert item.outcome == Outcome.REJECTED
    assert str(item.reason).startswith("given up: 500")
    assert await alerts(house) == told * 4, "once a day"


@pytest.mark.failure_mode(18)
async def test_a_seller_whose_account_is_dead_holds_up_no_other_at_the_same_vendor(
    make_driver: MakeDriver,
) -> None:
    dead = {"base_url": "http://127.0.0.1:1", "token_url": "http://127.0.0.1:1/token"}
    account = {"client_id": "id", "client_secret": "hush", "refresh_token": "hush", **dead}
    house = await make_driver(shop_accounts={"quai": {"amazon": account}})
    await house.hear(shop("quai"))
    for number in range(1, 9):
        name = "quai" if number <= 4 else "cave"
        await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=number, shop=name))
    await house.deliver()
    outcomes = [(await house.outcomes(number))[0][1] for number in range(1, 9)]
    assert outcomes == ["retry"] * 4 + ["done"] * 4
