"""Why a delivery has not left, as an operator is told; and lists of those that matter."""

from typing import Any

import pytest
from sqlalchemy import update

from services.notifications.commands.claim import LaneKey, claim
from services.notifications.tables import lanes
from shared.contracts import Channel
from tests.notifications.driver import NOON, Clock, Driver, entry, marketplace_order, order, parcel
from tests.notifications.receiving import Receiver, listen

URL = "/api/v1/notifications/deliveries"


async def shown(house: Driver, code: str = "CO-1", place: int = 0) -> Any:
    """What the delivery waits for: cause, and until when in seconds from now."""
    delivery = (await house.deliveries(order=code))[place]
    answer = await house.http.get(f"{URL}/{delivery['id']}")
    assert answer.status_code == 200
    return answer.json()["waiting"]


async def test_what_has_left_waits_for_nothing(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)))
    assert (await shown(house))["cause"] == "worker"
    await house.deliver()
    assert await shown(house) is None


async def test_a_text_waits_for_the_one_before_it(house: Driver) -> None:
    await house.fault("mail", "500")
    await house.hear(order(1, 1, entry(1, mail=True)), order(1, 2, entry(2, version=2, mail=True)))
    await house.deliver()
    first, second = await house.deliveries(order="CO-1")
    assert (await shown(house))["cause"] == "schedule"
    assert (await shown(house))["until"] == first["next_attempt_at"]
    assert "451" in (await shown(house))["detail"]
    held = await shown(house, place=1)
    assert (held["cause"], held["after"], second["outcome"]) == ("sequence", first["id"], "due")


async def test_a_lane_that_was_asked_for_patience_waits(house: Driver, receiver: Receiver) -> None:
    await listen(house, receiver)
    receiver.answer(429, body="later", retry_after="600")
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    await house.hear(order(2, 1, entry(2)))
    held = await shown(house, "CO-2")
    assert (held["cause"], held["until"], held["detail"]) == ("quiet", "2026-03-02T12:10:00Z", "429 later")


async def test_a_breaker_says_when_the_next_is_tried(house: Driver, clock: Clock) -> None:
    await house.fault("ebay", "500", 1000)
    for number in range(1, 5):
        await house.hear(marketplace_order(Channel.EBAY, 1, parcel(1), number=number))
        await house.deliver()
    held = await shown(house, "CO-4")
    assert (held["cause"], held["until"]) == ("breaker", "2026-03-02T12:00:15Z")
    assert held["detail"].startswith("500")


async def test_a_quota_that_is_used_up_says_until_when(house: Driver) -> None:
    await house.hear(marketplace_order(Channel.AMAZON, 1, *(parcel(number) for number in range(1, 13))))
    await house.deliver()
    waiting = [one for one in await house.deliveries(order="CO-1") if one["outcome"] == "due"]
    held = (await house.http.get(f"{URL}/{waiting[0]['id']}")).json()["waiting"]
    assert (held["cause"], held["until"]) == ("quota", "2026-03-02T12:00:00.500000Z")


async def test_a_call_that_is_out_and_one_that_a_person_decides(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, mail=True)), order(2, 1, entry(2, sms=True)))
    async with house.service.outbox.transaction(batch=True) as tx:
        await claim(tx, LaneKey("mail", "cave", "send"), 1, 60.0)
    assert (await shown(house))["cause"] == "call"
    await house.fault("sms", "500")
    for _ in range(4):
        await house.deliver()
        house.clock.forward(seconds=20)
    held = await shown(house, "CO-2")
    assert held["cause"] == "person"
    assert "settle it by hand" in held["detail"]


async def test_a_lane_that_has_rested_holds_nothing_back(house: Driver) -> None:
    await house.hear(order(1, 1, entry(1, sms=True)))
    await house.deliver()
    async with house.service.db.write() as conn:
        await conn.execute(update(lanes).values(tokens=0.0))
    house.clock.forward(minutes=1)
    await house.hear(order(2, 1, entry(2, sms=True)))
    assert (await shown(house, "CO-2"))["cause"] == "worker"


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"channel": "mail", "role": "client"}, ["CO-1"]),
        ({"channel": "webhook"}, ["CO-1", "CO-2"]),
        ({"role": "receiver", "outcome": "rejected"}, ["CO-1", "CO-2"]),
        ({"needs_person": "true"}, ["CO-1", "CO-2"]),
        ({"needs_person": "false", "role": "client"}, ["CO-1"]),
        ({"since": "2026-03-02T12:30:00Z"}, ["CO-2"]),
        ({"until": "2026-03-02T12:30:00Z", "channel": "webhook"}, ["CO-1"]),
    ],
)
async def test_a_list_of_what_matters(
    house: Driver, receiver: Receiver, clock: Clock, query: dict[str, str], codes: list[str]
) -> None:
    await listen(house, receiver)
    receiver.answer(410)
    await house.hear(order(1, 1, entry(1, mail=True)))
    await house.deliver()
    clock.forward(hours=1)
    await house.hear(order(2, 1, entry(2, at=clock.now)))
    await house.deliver()
    assert [one["order"] for one in await house.deliveries(**query)] == codes


async def test_filters_that_cannot_be_are_refused(house: Driver) -> None:
    for query in ({"channel": "Mail!"}, {"since": NOON.replace(tzinfo=None).isoformat()}, {"needs_person": "perhaps"}):
        assert (await house.http.get(URL, params=query)).status_code == 422
