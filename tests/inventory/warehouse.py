"""The service's tables as dictionaries, for the tests of the rules alone.

A `Warehouse` stores what the service stores and loads what a `Book` asks for, so that the rule about what has to be
loaded is tried too; after each change it checks what must always be true. Duplicates, late and lost messages are what
the version guard makes of them: an older version does nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from services.inventory.domain.book import Book
from services.inventory.domain.stock import Goods, Key, LineState, Named, Reason, Stock, Tranche, Waits

WINE: Key = ("cave", "WINE")
GIFT: Key = ("cave", "GIFT")
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)

Lines = dict[int, LineState]
Counters = tuple[int, int, int]
"""Shipped, restocked, scrapped."""


def at(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


def held(
    quantity: int, minute: int, key: Key = WINE, shipped: int = 0, restocked: int = 0, scrapped: int = 0
) -> LineState:
    return LineState(key, ((at(minute), quantity),) if quantity else (), shipped, restocked, scrapped)


def located(key: Key, waits: Waits, rest: Counters, named: Mapping[str, Counters]) -> LineState:
    """A state that says by location what left, came back and was scrapped, besides the `rest`."""
    total = Goods(*rest)
    for goods in named.values():
        total = total.plus(Goods(*goods))
    booked = tuple(Named(location, Goods(*goods)) for location, goods in sorted(named.items()))
    return LineState(key, waits, total.shipped, total.restocked, total.scrapped, booked)


@dataclass
class Warehouse:
    """The service's tables as dictionaries."""

    stocks: dict[Key, Stock] = field(default_factory=dict)
    applied: dict[str, tuple[int, Lines]] = field(default_factory=dict)
    tranches: dict[Key, list[Tranche]] = field(default_factory=dict)
    ledger: dict[Key, int] = field(default_factory=dict)
    by_location: dict[tuple[Key, str], int] = field(default_factory=dict)

    def hear(self, *orders: tuple[str, int, Lines]) -> None:
        """Apply a batch of order messages (id, version, lines)."""
        newest: dict[str, tuple[int, Lines]] = {}
        for order, version, lines in orders:
            if version > max(self.version(order), newest.get(order, (0, {}))[0]):
                newest[order] = (version, lines)
        before = {order: self.applied.get(order, (0, {}))[1] for order in newest}
        keys = {line.key for lines in (*before.values(), *(n[1] for n in newest.values())) for line in lines.values()}
        book = self.open(keys)
        for order, (version, lines) in newest.items():
            for line in sorted({*before[order], *lines}):
                old, new = before[order].get(line), lines.get(line)
                if old != new:
                    got = self._withdraw(order, line, old)
                    book.change_line(order, line, old, new, got)
            self.applied[order] = (version, lines)
        self.close(book)

    def move(self, quantity: int, key: Key = WINE) -> None:
        book = self.open({key})
        book.move(key, quantity, Reason.RECEIPT)
        self.close(book)

    def version(self, order: str) -> int:
        return self.applied.get(order, (0, {}))[0]

    def open(self, keys: set[Key]) -> Book:
        return Book({key: replace(self.stocks.get(key, Stock())) for key in sorted(keys)})

    def close(self, book: Book) -> None:
        lack = book.lack()
        loaded = [(key, replace(t)) for key in (*lack.to_give, *lack.to_take) for t in self.tranches.get(key, ())]
        book.settle(loaded)
        for key, tranches in book.tranches.items():
            self.tranches.setdefault(key, []).extend(tranches)
        for served in book.served:
            found = [t for ts in self.tranches.values() for t in ts if (t.order, t.line) == (served.order, served.line)]
            next(t for t in found if t.since == served.since).allocated = served.allocated
        for movement in book.movements:
            self.ledger[movement.key] = self.ledger.get(movement.key, 0) + movement.quantity
            place = (movement.key, movement.location)
            self.by_location[place] = self.by_location.get(place, 0) + movement.quantity
            assert movement.key in book.stocks
        self.stocks |= book.stocks
        self.check()

    def _withdraw(self, order: str, line: int, old: LineState | None) -> int:
        if old is None:
            return 0
        own = [t for t in self.tranches.get(old.key, []) if (t.order, t.line) == (order, line)]
        self.tranches[old.key] = [t for t in self.tranches.get(old.key, []) if t not in own]
        return sum(t.allocated for t in own)

    def check(self) -> None:
        for key, stock in self.stocks.items():
            tranches = self.tranches.get(key, [])
            assert stock.on_hand == self.ledger.get(key, 0)
            assert stock.demand == sum(t.quantity for t in tranches)
            assert stock.allocated == sum(t.allocated for t in tranches)
            assert all(0 <= t.allocated <= t.quantity for t in tranches)
            assert stock.allocated == min(stock.demand, max(stock.on_hand, 0))

    def got(self, order: str, key: Key = WINE) -> int:
        return sum(t.allocated for t in self.tranches.get(key, []) if t.order == order)
