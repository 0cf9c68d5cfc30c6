"""Everybody we call is away for two hours of virtual time; then each of them is told the newest of everything, once."""

from collections import Counter
from typing import Any

import pytest

from shared.contracts import Channel, Parcel, Status, StatusType
from tests.notifications.driver import Clock, Driver, entry, marketplace_order, order, parcel
from tests.notifications.receiving import Receiver, listen

SHIPPED = Status(mnemonic="shipped", type=StatusType.SHIPPED)
WEB, MARKET = range(1, 7), range(101, 107)
CHANGED = 3
"""So many of each kind change while everybody is away."""


def sent(number: int, revision: int) -> Parcel:
    return parcel(1, tracking_number=f"6A{number}R{revision}", revision=revision)


async def news(house: Driver, minute: int) -> None:
    """In the first hour orders come in, in the second some of them change."""
    if minute < 60:
        first = minute // 10
        await house.hear(order(WEB[first], 1, entry(first, mail=True)))
        await house.hear(marketplace_order(Channel.AMAZON, 1, sent(MARKET[first], 1), number=MARKET[first]))
    elif minute < 60 + 10 * CHANGED:
        again = (minute - 60) // 10
        later = entry(100 + again, version=2, mail=True, status=SHIPPED)
        await house.hear(order(WEB[again], 2, later, status=SHIPPED))
        await house.hear(marketplace_order(Channel.AMAZON, 2, sent(MARKET[again], 2), number=MARKET[again]))


async def taken(house: Driver, name: str, status: int) -> list[dict[str, Any]]:
    """The calls that a sandbox took."""
    return [call for call in await house.calls(name) if call["response"]["status"] == status]


@pytest.mark.failure_mode(2, 14)
async def test_the_newest_of_everything_is_told_once(house: Driver, receiver: Receiver, clock: Clock) -> None:
    await listen(house, receiver)
    receiver.answer(503)
    for name in ("mail", "amazon"):
        await house.fault(name, "500", 1_000_000)
    for minute in range(0, 120, 10):
        await news(house, minute)
        await house.deliver()
        clock.forward(minutes=10)
    receiver.answer(200)
    receiver.got.clear()
    for name in ("mail", "amazon"):
        await house.fault(name, "none")
    while any([(await house.answer(number)).open for number in (*WEB, *MARKET)]):
        await house.deliver()
        clock.forward(minutes=20)
    told = {one["data"]["code"]: one["data"]["version"] for one in receiver.documents()}
    assert len(receiver.got) == len(told) == len(WEB) + len(MARKET), "each order once"
    assert Counter(told.values()) == {2: 2 * CHANGED, 1: len(WEB) + len(MARKET) - 2 * CHANGED}
    mails = [call["request"]["message_id"] for call in await taken(house, "mail", 250) if call["order"]]
    assert len(mails) == len(set(mails)) == len(WEB) + CHANGED, "each entry once"
    confirmed = [
        call["request"]["body"]["packageDetail"]["trackingNumber"] for call in await taken(house, "amazon", 204)
    ]
    assert sorted(confirmed) == sorted(f"6A{number}R{2 if number < 101 + CHANGED else 1}" for number in MARKET)
