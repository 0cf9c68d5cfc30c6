"""An order comes in at the total that its file says, or not at all.

Prices that include tax come to it to the cent. Where tax comes on top, vendors round it line by line and we by rate, so
that a cent for each line is let pass. `documents` makes the lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from services.orders.domain.types import StatusType
from services.orders.files.deciding import ALL, KEPT, TAX, TOTAL
from shared.money import Basket, Item, basket, from_minor, to_minor


class OrderMismatch(Exception):
    """The rows of an order do not go together; the message says how."""


@dataclass(frozen=True)
class Priced:
    """The lines of an order, their prices with tax (`included`) or before it."""

    lines: list[dict[str, Any]]
    currency: str
    included: bool

    @cached_property
    def sum(self) -> Basket:
        """What they come to here."""
        items = [Item(line["quantity"], Decimal(line["unit_price"]), Decimal(line["tax_rate"])) for line in self.lines]
        return basket(items, self.currency, prices_include_tax=self.included)

    @property
    def tolerance(self) -> int:
        """How far the vendor's rounding may lead from ours."""
        return 0 if self.included else len(self.lines)


def at_total(ways: Sequence[Priced], details: Mapping[str, str]) -> Priced:
    """The way to read the prices that comes to the file's total; the first where it says none.

    Raises `OrderMismatch` with both figures.
    """
    if TOTAL not in details:
        return ways[0]
    currency = ways[0].currency
    totals = list(_totals(details, currency))
    found = min(ways, key=lambda way: _distance(way, totals))
    if _distance(found, totals) > found.tolerance:
        gross = from_minor(ways[0].sum.gross, currency)
        raise OrderMismatch(f"the order comes to {gross}, the file's total is {from_minor(totals[0], currency)}")
    if TAX in details:
        tax = to_minor(Decimal(details[TAX]), currency)
        if abs(found.sum.tax - tax) > len(found.lines):
            told = from_minor(found.sum.tax, currency)
            raise OrderMismatch(f"the tax of the order comes to {told}, the file says {from_minor(tax, currency)}")
    return found


def money_before(details: Mapping[str, str], priced: Priced) -> dict[str, str]:
    """What was paid and paid back there; the file's own total is that of the order here, whatever their roundings.

    What went back had come, and an order that came as refunded, without an amount, had all of it back. Raises
    `OrderMismatch`.
    """
    currency = priced.currency

    def amount(name: str) -> int:
        said = details.get(name, "0")
        if said == ALL or Decimal(said) == Decimal(details.get(TOTAL, "-1")):
            return priced.sum.gross
        return to_minor(Decimal(said), currency)

    refunded = amount("refunded")
    paid = amount("paid") or refunded
    if refunded > paid:
        told = f"{from_minor(refunded, currency)} was paid back of {from_minor(paid, currency)}"
        raise OrderMismatch(f"{told}, says the file")
    if details.get("status") == StatusType.REFUNDED and not refunded:
        refunded = paid
    found = {"paid_before": paid, "refunded_before": refunded}
    return {name: str(from_minor(minor, currency)) for name, minor in found.items() if minor}


def _totals(details: Mapping[str, str], currency: str) -> Iterator[int]:
    """What the file says, and the same without what somebody else keeps of it."""
    total = Decimal(details[TOTAL])
    yield to_minor(total, currency)
    if KEPT in details:
        yield to_minor(total - abs(Decimal(details[KEPT])), currency)


def _distance(way: Priced, totals: Sequence[int]) -> int:
    return min(abs(way.sum.gross - total) for total in totals)
