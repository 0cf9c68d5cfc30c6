"""What one order adds to the statistics, as a function of how it now is; the projection is the sum over all orders.

Three measures are kept apart, since they answer different questions. **Booked** is what clients ordered, on the day of
the order, and follows the column "counts in turnover" of the status types: nothing of a draft, a cancelled or a deleted
order. Of a returned one what the client has kept counts, neither what came back nor what was released and never left;
of a refunded one also what was paid for and not paid back. **Paid** is the money held for the orders of that day.
**Invoiced** is what invoices say less credit notes, on the days of the documents. A test order adds nothing at all.
Neighbours: `commands.statistics` adds up, `queries.statistics` reads the facts and proves the sum.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.orders.domain.types import TYPES, StatusType, Turnover
from shared.money import apportion

RULES = 4
"""Raised with every change of what an order adds, so that all orders are counted anew."""
PRODUCT = "product"
"""The dimension that an order's lines are counted by; money and documents are not told apart by product."""


class Amounts(NamedTuple):
    """Numbers of orders and of units, then minor units: booked, paid, invoiced."""

    orders: int = 0
    quantity: int = 0
    net: int = 0
    tax: int = 0
    gross: int = 0
    paid: int = 0
    invoiced: int = 0

    def plus(self, other: "Amounts", sign: int = 1) -> "Amounts":
        return Amounts(*(mine + sign * theirs for mine, theirs in zip(self, other, strict=True)))


class Key(NamedTuple):
    """A row of the projection: `value` of a dimension on a day, in a currency."""

    dimension: str
    value: str
    day: date
    currency: str


Contribution = dict[Key, Amounts]


@dataclass(frozen=True, slots=True)
class Sold:
    """A line: minor units, how many units the client has kept or is still to get, and how many came back for good."""

    sku: str
    quantity: int
    kept: int
    came_back: int
    net: int
    gross: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What of an order the statistics look at; `dimensions` are its values, `day` is one of the shop's zone."""

    type: StatusType
    day: date
    currency: str
    net: int
    gross: int
    lines: tuple[Sold, ...]
    dimensions: Mapping[str, str]
    paid: int = 0
    refunded: int = 0
    documents: tuple[tuple[date, int], ...] = ()
    deleted: bool = False
    test: bool = False
    closed_elsewhere: bool = False
    """It came as cancelled, returned or refunded, and nothing has left since: what it came to is not known here."""


def contribution(facts: Facts) -> Contribution:
    """What the order adds, without rows that add nothing."""
    if facts.test:
        return {}
    booked, of_lines = _booked(facts)
    found: Contribution = {}
    for dimension, value in facts.dimensions.items():
        _add(found, Key(dimension, value, facts.day, facts.currency), booked.plus(Amounts(paid=facts.paid)))
        for day, gross in facts.documents:
            _add(found, Key(dimension, value, day, facts.currency), Amounts(invoiced=gross))
    for sku, amounts in of_lines:
        _add(found, Key(PRODUCT, sku, facts.day, facts.currency), amounts)
    return {key: amounts for key, amounts in found.items() if any(amounts)}


def total(contributions: Iterable[Contribution]) -> Contribution:
    """The sum, without rows that came to nothing."""
    found: Contribution = {}
    for one in contributions:
        for key, amounts in one.items():
            _add(found, key, amounts)
    return {key: amounts for key, amounts in found.items() if any(amounts)}


def difference(after: Contribution, before: Contribution) -> Contribution:
    """What the projection has to be changed by."""
    found = dict(after)
    for key, amounts in before.items():
        found[key] = found.get(key, Amounts()).plus(amounts, -1)
    return {key: amounts for key, amounts in found.items() if any(amounts)}


def _add(found: Contribution, key: Key, amounts: Amounts) -> None:
    found[key] = found.get(key, Amounts()).plus(amounts)


def _booked(facts: Facts) -> tuple[Amounts, list[tuple[str, Amounts]]]:
    """What counts as turnover of the order, and of each of its lines."""
    counts = Turnover.NO if facts.deleted else TYPES[facts.type].turnover
    if counts is Turnover.NO or (counts is Turnover.NET and facts.closed_elsewhere):
        return Amounts(), []
    if counts is Turnover.NET:
        units = [line.kept for line in facts.lines]
        values = _net_values(facts)
        gross = sum(values)
    else:
        units = [line.quantity for line in facts.lines]
        values = [line.gross for line in facts.lines]
        gross = facts.gross
    of_lines = [
        (line.sku, _amounts(int(left > 0), number, left, line.net, line.gross))
        for line, left, number in zip(facts.lines, values, units, strict=True)
    ]
    return _amounts(int(gross > 0 or counts is Turnover.YES), sum(units), gross, facts.net, facts.gross), of_lines


def _net_values(facts: Facts) -> list[int]:
    """What each line of a returned or refunded order still comes to, gross; billing's credit notes reckon alike.

    A refund takes from it what it pays back beyond an overpayment and beyond the goods that came back.
    """
    gone = [_share(line.gross, line.came_back, line.quantity) for line in facts.lines]
    kept = [
        min(line.gross - back, _share(line.gross, line.kept, line.quantity))
        for line, back in zip(facts.lines, gone, strict=True)
    ]
    overpaid = max(0, facts.paid + facts.refunded - sum(kept) - sum(gone))
    value = max(0, sum(kept) - max(0, facts.refunded - overpaid - sum(gone)))
    if value < sum(kept):
        return apportion(value, kept)
    if facts.type is StatusType.REFUNDED:
        released = [line.gross - mine - back for line, mine, back in zip(facts.lines, kept, gone, strict=True)]
        paid_for = min(max(0, facts.paid - value), sum(released))
        if paid_for:
            return [mine + more for mine, more in zip(kept, apportion(paid_for, released), strict=True)]
    return kept


def _amounts(orders: int, quantity: int, kept: int, net: int, gross: int) -> Amounts:
    """`kept` of a gross amount, with the same share of its net."""
    kept_net = _share(net, kept, gross) if gross else 0
    return Amounts(orders=orders, quantity=quantity, net=kept_net, tax=kept - kept_net, gross=kept)


def _share(amount: int, part: int, whole: int) -> int:
    """`amount` × `part` / `whole`, half up; nothing of a whole that is nothing."""
    return (2 * amount * min(part, whole) + whole) // (2 * whole) if whole else 0
