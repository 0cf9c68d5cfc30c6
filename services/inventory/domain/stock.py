"""The words of stock: counters of a SKU, states of an order's line, tranches of the waiting list, movements.

Values only; `book` says what becomes of them, `places` where the units are.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from services.inventory.domain.places import DEFAULT

Key = tuple[str, str]
"""A shop's id and a SKU: the order of these pairs is the order in which their rows are locked."""

Waits = tuple[tuple[datetime, int], ...]
"""The tranches of a line: since when, how many; oldest first, one per moment."""


class Reason(StrEnum):
    """Why on hand moved. Orders ship, restock, and scrap of what came back; the rest is people's and systems'."""

    SHIPMENT = "shipment"
    RESTOCK = "restock"
    RECEIPT = "receipt"
    CORRECTION = "correction"
    LOSS = "loss"
    COUNT = "count"
    TRANSFER = "transfer"
    SCRAP = "scrap"
    OTHER = "other"


class Backorder(StrEnum):
    """Whether the seller offers more than there is: checkouts are held to it. The waiting list is the same for all."""

    ALLOWED = "allowed"
    LIMITED = "limited"
    """Only so many units may wait; who is beyond that is told so."""
    REFUSED = "refused"
    """Whoever has to wait is told that it was not on offer."""


class Goods(NamedTuple):
    """Units that ever left, that ever came back, and those of them that came back unfit."""

    shipped: int = 0
    restocked: int = 0
    scrapped: int = 0

    def plus(self, other: "Goods") -> "Goods":
        return Goods(self.shipped + other.shipped, self.restocked + other.restocked, self.scrapped + other.scrapped)

    def minus(self, other: "Goods") -> "Goods":
        return Goods(self.shipped - other.shipped, self.restocked - other.restocked, self.scrapped - other.scrapped)


NOTHING = Goods()


class Named(NamedTuple):
    """What an order says of one location: `booked` there, and `refused`, said when the location was not open.

    What is refused is booked as if no location had been named, and stays so: a person moves it by a transfer.
    """

    location: str
    booked: Goods = NOTHING
    refused: Goods = NOTHING


class LineState(NamedTuple):
    """What an order says of one stocked line. The units are those since the order came here.

    `scrapped` of the restocked came back unfit: they are no more to be had than if they had stayed away.
    """

    key: Key
    waits: Waits
    shipped: int = 0
    restocked: int = 0
    scrapped: int = 0
    named: tuple[Named, ...] = ()
    """By location, sorted."""

    @property
    def hold(self) -> int:
        return sum(quantity for _, quantity in self.waits)

    @property
    def out(self) -> int:
        return self.shipped - self.restocked

    @property
    def goods(self) -> dict[str | None, Goods]:
        """What is to be booked at each location, and (None) wherever the rules say."""
        found: dict[str | None, Goods] = {named.location: named.booked for named in self.named}
        rest = Goods(self.shipped, self.restocked, self.scrapped)
        for booked in found.values():
            rest = rest.minus(booked)
        return found | {None: rest}

    @property
    def unknown_locations(self) -> tuple[str, ...]:
        """Those that were not open when the order named them."""
        return tuple(named.location for named in self.named if any(named.refused))


@dataclass(slots=True)
class Tranche:
    """A part of a line's hold: `quantity` units asked for, `allocated` of them got."""

    order: str
    line: int
    since: datetime
    quantity: int
    allocated: int = 0

    @property
    def unmet(self) -> int:
        return self.quantity - self.allocated

    @property
    def rank(self) -> tuple[datetime, str, int]:
        """The place in the waiting list, the oldest first."""
        return (self.since, self.order, self.line)


@dataclass(slots=True)
class Stock:
    """The counters of one SKU, in units; `safety` is never offered (though an order that came gets it)."""

    on_hand: int = 0
    demand: int = 0
    allocated: int = 0
    safety: int = 0

    @property
    def available(self) -> int:
        """What a new buyer could get; below zero where more left than was there."""
        return self.on_hand - self.allocated - self.safety

    @property
    def sold_out(self) -> bool:
        return self.available <= 0

    @property
    def unmet(self) -> int:
        return self.demand - self.allocated

    @property
    def free(self) -> int:
        """What may be allocated; below zero, what is allocated though it is not there."""
        return max(self.on_hand, 0) - self.allocated


class Movement(NamedTuple):
    """One line of the ledger; `on_hand` is the balance after it."""

    key: Key
    quantity: int
    reason: Reason
    on_hand: int
    order: str | None = None
    line: int | None = None
    note: str | None = None
    location: str = DEFAULT


def orderable(available: int, waiting: int, backorder: str, limit: int | None) -> int | None:
    """How many units may be ordered, now or on back order; None: as many as one likes."""
    if backorder == Backorder.ALLOWED:
        return None
    return max(available - waiting + (limit or 0), 0) if backorder == Backorder.LIMITED else max(available, 0)


def tranches_of(hold: int, waits: Iterable[tuple[datetime, int]], placed_at: datetime) -> Waits:
    """A line's tranches as one canonical value; where they do not add up to `hold`, all waits since `placed_at`."""
    merged: dict[datetime, int] = {}
    for since, quantity in waits:
        merged[since] = merged.get(since, 0) + quantity
    if sum(merged.values()) != hold:
        return ((placed_at, hold),) if hold else ()
    return tuple(sorted(merged.items()))


def named_of(said: Mapping[str, Goods], before: Iterable[Named], opened: Container[str]) -> tuple[Named, ...]:
    """What an order says by location, after what was booked `before`; the news goes to locations that are `opened`."""
    known = {named.location: named for named in before}
    found = []
    for location, goods in sorted(said.items()):
        was = known.get(location, Named(location))
        news = goods.minus(was.booked.plus(was.refused))
        if location in opened:
            found.append(was._replace(booked=was.booked.plus(news)))
        else:
            found.append(was._replace(refused=was.refused.plus(news)))
    return tuple(found)


def stock_fact(hold: int, allocated: int, out: int) -> str:
    """The stock fact of an order, from the sums over its lines."""
    if hold:
        if allocated:
            return "reserved" if allocated == hold else "partly"
        return "short"
    return "committed" if out > 0 else "none"
