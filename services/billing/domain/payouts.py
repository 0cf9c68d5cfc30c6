"""What a marketplace says it paid out: lines of orders, of fees, of neither; and what they come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class LineKind(StrEnum):
    """`sale` and `refund` move an order's money, `fee` is what the marketplace keeps, `other` belongs to no order."""

    SALE = "sale"
    REFUND = "refund"
    FEE = "fee"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """`amount` is signed, in minor units: what the line adds to the payout. `external_id`: the order, if it has one."""

    kind: LineKind
    amount: int
    external_id: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Payout:
    """One payment of a source (amazon, ebay, …), by the source's own reference; `amount` is what it states."""

    source: str
    reference: str
    currency: str
    lines: tuple[PayoutLine, ...]
    amount: int | None = None
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Lines added up by kind, each signed as in the payout."""

    sales: int = 0
    refunds: int = 0
    fees: int = 0
    other: int = 0

    @property
    def net(self) -> int:
        """What should have been paid out."""
        return self.sales + self.refunds + self.fees + self.other


def add_up(lines: Iterable[tuple[str, int]]) -> Sums:
    """The sums of (kind, amount)."""
    found = dict.fromkeys(LineKind, 0)
    for kind, amount in lines:
        found[LineKind(kind)] += amount
    return Sums(found[LineKind.SALE], found[LineKind.REFUND], found[LineKind.FEE], found[LineKind.OTHER])
