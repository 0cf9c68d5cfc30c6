"""Numbers of the FEC's entries: 1, 2, 3… of a year and currency without a hole, whatever days are asked for."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain, pairwise
from random import Random
from typing import Any

import pytest

from shared.contracts import Invoicing
from tests.billing.builders import line
from tests.billing.driver import Driver, order

MONTHS = [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 4, 1)]
PRICES = {1: ("12.00", "EUR"), 2: ("0.00", "EUR"), 3: ("15.00", "CHF"), 4: ("0.00", "CHF")}
"""What orders cost, by the remainder of their number."""


async def lines(billing: Driver, first: date, last: date, currency: str) -> list[dict[str, Any]]:
    days = {"from": first.isoformat(), "to": last.isoformat()}
    found: list[dict[str, Any]] = (await billing.get("reports/fec", format="json", currency=currency, **days))["items"]
    return found


def numbers(found: list[dict[str, Any]]) -> list[str]:
    """Of the entries, in their order."""
    return list(dict.fromkeys(one["EcritureNum"] for one in found))


async def act(billing: Driver, chance: Random, number: int) -> None:
    """Sell something, in one currency or the other or for nothing, and perhaps pay it, refund it or cancel it."""
    price, currency = PRICES[number % 4 + 1]
    sold = line(shipped=1, price=price)
    await billing.hear(order(number, 1, sold, currency=currency))
    billing.clock.advance(hours=chance.choice((0, 1, 5)))
    if price != "0.00" and chance.random() < 0.7:
        assert (await billing.pay(number, price, currency=currency)).status_code == 201
        if chance.random() < 0.5:
            await billing.pay(number, "5.00", currency=currency, kind="refunds")
    elif chance.random() < 0.5:
        await billing.hear(order(number, 2, sold, currency=currency, invoicing=Invoicing.CREDIT))


@pytest.mark.parametrize("seed", range(2))
async def test_there_is_no_hole_and_months_are_slices_of_the_whole(billing: Driver, seed: int) -> None:
    chance, clock = Random(seed), billing.clock
    clock.now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    earlier: list[dict[str, Any]] = []
    for number in range(1, 21):
        rate = {"rate": "0.9312", "source": "BCE"}
        await billing.http.put(f"exchange-rates/CHF/{clock.now:%Y-%m-%d}", json=rate)
        await act(billing, chance, number)
        if number % 8 == 0:
            found = await lines(billing, MONTHS[0], clock.now.date(), "EUR")
            assert found[: len(earlier)] == earlier, "what was exported keeps its numbers"
            earlier = found
        clock.advance(hours=chance.choice((0, 2, 150, 200)))
    assert clock.now.date() < MONTHS[-1]
    for currency in ("EUR", "CHF"):
        whole = await lines(billing, MONTHS[0], MONTHS[-1], currency)
        assert {one["JournalCode"] for one in whole} == {"VT", "BQ"}
        for year in ("2026", "2027"):
            given = numbers([one for one in whole if one["EcritureDate"].startswith(year)])
            assert given
            assert given == [f"{year}-{n:05}" for n in range(1, len(given) + 1)]
        months = [await lines(billing, first, after - timedelta(days=1), currency) for first, after in pairwise(MONTHS)]
        assert list(chain.from_iterable(months)) == whole
