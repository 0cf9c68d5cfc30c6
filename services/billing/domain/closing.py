"""What a closed day, month or year says, for ever: how far each series had come, and what it all came to.

Pure: the same figures give the same content, so that `verify` can make every closing again from the documents. Credit
notes count below zero. Perpetual totals start with the first document of a seller and never start again.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.billing.domain.amounts import read_amounts, written
from shared.money import NOTHING, Amounts


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What one shop issued on one day in one series and currency; `hash` is the seal of number `last`."""

    day: date
    shop: str
    series: str
    currency: str
    documents: int
    last: int
    hash: str
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Period:
    """A day, month or year by its first and last day."""

    name: str
    starts_on: date
    ends_on: date


def periods_ending(day: date) -> Iterator[Period]:
    """The day itself, and the month and the year that end with it."""
    yield Period("day", day, day)
    if day.day == calendar.monthrange(day.year, day.month)[1]:
        yield Period("month", day.replace(day=1), day)
        if day.month == 12:
            yield Period("year", date(day.year, 1, 1), day)


def closing_content(
    seller: str, n: int, period: Period, figures: Iterable[DayFigures], perpetual: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The content of a closing. `figures` may hold more days; `perpetual` is what all days of the period left."""
    own = [one for one in figures if period.starts_on <= one.day <= period.ends_on]
    heads: dict[str, DayFigures] = {}
    for one in own:
        if one.series not in heads or one.last > heads[one.series].last:
            heads[one.series] = one
    return {
        "seller": seller,
        "n": n,
        "period": period.name,
        "starts_on": period.starts_on.isoformat(),
        "ends_on": period.ends_on.isoformat(),
        "heads": [{"series": name, "last": head.last, "hash": head.hash} for name, head in sorted(heads.items())],
        "totals": _totals(own),
        "perpetual": list(perpetual),
    }


def perpetual_after(before: Sequence[Mapping[str, Any]], figures: Iterable[DayFigures]) -> list[dict[str, Any]]:
    """Perpetual totals by shop and currency once these figures are added."""
    sums: defaultdict[tuple[str, str], Amounts] = defaultdict(lambda: NOTHING)
    for row in before:
        sums[row["shop"], row["currency"]] = read_amounts(row, row["currency"])
    for one in figures:
        sums[one.shop, one.currency] += one.amounts
    return [
        {"shop": shop, "currency": currency} | written(amounts, currency)
        for (shop, currency), amounts in sorted(sums.items())
    ]


def _totals(figures: Iterable[DayFigures]) -> list[dict[str, Any]]:
    sums: defaultdict[tuple[str, str, str], Amounts] = defaultdict(lambda: NOTHING)
    counts: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for one in figures:
        key = (one.shop, one.series, one.currency)
        sums[key] += one.amounts
        counts[key] += one.documents
    return [
        {"shop": key[0], "series": key[1], "currency": key[2], "documents": counts[key]} | written(amounts, key[2])
        for key, amounts in sorted(sums.items())
    ]
