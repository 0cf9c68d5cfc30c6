"""Who gets the stock: the pure rules of demand, allocation and the waiting list.

Why apart: everything here is arithmetic on the present state, so that it can be tried against a naive model on many
random histories without a database. `commands.posting` loads the rows that a `Book` asks for, and writes the changes.

The rules, per SKU of a shop:

* `out = shipped - restocked` of the order lines, what they scrapped and the movements make up *on hand*; goods that
  left, left, so on hand may go below zero (a discrepancy for a person) and no counter is ever clamped.
* What comes back unfit is restocked and scrapped before anything is given out, where it came back to.
* An order may name the location that goods leave from or come back to: they are booked there, whatever is there.
* *Demand* is what the orders hold, in tranches: a quantity and the moment since which it waits.
* *Allocated* is always `min(demand, max(on hand, 0))`: nothing waits while stock is free.
* Free stock goes to the waiting list by (since, order id, line); its head may be served in part, nobody overtakes.
* A shortage takes from the newest holders. What is allocated is not taken for an older order.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.inventory.domain.places import DEFAULT, LineKey, Placement
from services.inventory.domain.stock import NOTHING, Goods, Key, LineState, Movement, Reason, Stock, Tranche


@dataclass(slots=True)
class Lack:
    """How many units of which SKUs concern tranches that the book has not seen."""

    to_give: dict[Key, int] = field(default_factory=dict)
    to_take: dict[Key, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.to_give or self.to_take)


class Book:
    """One transaction's work on the stock of some SKUs, in memory; `placements` are of those at several locations.

    Enter every change (`change_line`, `move`), load the tranches that `lack` names, then `settle`. Afterwards
    `stocks` holds the new counters, `tranches` those of the changed lines, `served` the others whose allocation
    changed and `gains` by how much, `movements` the new lines of the ledger.
    """

    def __init__(self, stocks: dict[Key, Stock], placements: dict[Key, Placement] | None = None) -> None:
        self.stocks = stocks
        self.placements = placements or {}
        self.tranches: dict[Key, list[Tranche]] = {}
        self.served: list[Tranche] = []
        self.gains: dict[Key, dict[LineKey, int]] = {}
        self.movements: list[Movement] = []
        self._changed: dict[Key, set[LineKey]] = {}

    def change_line(
        self, order: str, line: int, before: LineState | None, after: LineState | None, allocated: int
    ) -> None:
        """Bring one line from `before` (None: never seen) to `after` (None: gone); `allocated` is what it has got.

        A line that changed its SKU leaves the old one as if it had never been there: the present state alone counts.
        """
        shipped = self._move_goods(order, line, before, after)
        for state in (before, after):
            if state is not None:
                self._changed.setdefault(state.key, set()).add((order, line))
        if before is not None:
            stock = self.stocks[before.key]
            stock.demand -= before.hold
            stock.allocated -= allocated
        if after is None:
            return
        same = before is not None and before.key == after.key
        # The shipment takes the line's own allocation first; of the rest the line keeps what it still holds.
        kept = min(max(allocated - max(shipped, 0), 0), after.hold) if same else 0
        stock = self.stocks[after.key]
        stock.demand += after.hold
        stock.allocated += kept
        own = self.tranches.setdefault(after.key, [])
        for since, quantity in after.waits:
            got = min(kept, quantity)
            kept -= got
            own.append(Tranche(order, line, since, quantity, got))

    def move(self, key: Key, quantity: int, reason: Reason, note: str | None = None, location: str = DEFAULT) -> None:
        """Goods came (`quantity` > 0) or went, whoever says so."""
        self._enter(key, quantity, reason, note=note, location=location)

    def lack(self) -> Lack:
        """What tranches of other orders matter: waiting ones where stock is free, holding ones where it is short."""
        found = Lack()
        for key, stock in self.stocks.items():
            free = stock.free
            if free < 0:
                found.to_take[key] = -free
            elif free and stock.unmet > sum(tranche.unmet for tranche in self.tranches.get(key, ())):
                found.to_give[key] = free
        return found

    def settle(self, others: Iterable[tuple[Key, Tranche]] = ()) -> None:
        """Give what is free, take what is not there. `others` are tranches of lines that this book did not change."""
        foreign: dict[Key, list[Tranche]] = {}
        for key, tranche in others:
            foreign.setdefault(key, []).append(tranche)
        for key, stock in self.stocks.items():
            if not stock.free or (stock.free > 0 and not stock.unmet):
                continue
            seen = foreign.get(key, [])
            before = [tranche.allocated for tranche in seen]
            settle(stock, [*self.tranches.get(key, ()), *seen])
            for tranche, allocated in zip(seen, before, strict=True):
                if tranche.allocated != allocated:
                    self.served.append(tranche)
                    gains = self.gains.setdefault(key, {})
                    line = (tranche.order, tranche.line)
                    gains[line] = gains.get(line, 0) + tranche.allocated - allocated

    def targets(self, key: Key) -> dict[LineKey, int]:
        """What each changed line of a SKU has got; 0 for those that left it."""
        found = dict.fromkeys(self._changed.get(key, ()), 0)
        for tranche in self.tranches.get(key, ()):
            line = (tranche.order, tranche.line)
            found[line] = found.get(line, 0) + tranche.allocated
        return found

    def _move_goods(self, order: str, line: int, before: LineState | None, after: LineState | None) -> int:
        """Enter the movements between two states; the units that left the SKU of `after`."""
        if before is not None and (after is None or before.key != after.key):
            self._move_units(order, line, before.key, before.goods, {})
            before = None
        if after is None:
            return 0
        return self._move_units(order, line, after.key, before.goods if before else {}, after.goods)

    def _move_units(
        self, order: str, line: int, key: Key, before: Mapping[str | None, Goods], after: Mapping[str | None, Goods]
    ) -> int:
        """Enter what changed at each location, those that were named first; the units that left in all."""
        left = 0
        for location in sorted({*before, *after}, key=lambda at: (at is None, at or "")):
            moved = after.get(location, NOTHING).minus(before.get(location, NOTHING))
            self._move_counters(order, line, key, moved, location)
            left += moved.shipped - moved.restocked + moved.scrapped
        return left

    def _move_counters(self, order: str, line: int, key: Key, moved: Goods, location: str | None) -> None:
        self._enter(key, -moved.shipped, Reason.SHIPMENT, order, line, location=location)
        placement = self.placements.get(key)
        back = location or (placement.returns if placement else DEFAULT)
        self._enter(key, moved.restocked, Reason.RESTOCK, order, line, location=back)
        self._enter(key, -moved.scrapped, Reason.SCRAP, order, line, location=back)

    def _enter(
        self, key: Key, quantity: int, reason: Reason, order: str | None = None, line: int | None = None,
        note: str | None = None, location: str | None = None,
    ) -> None:  # fmt: skip
        if not quantity:
            return
        stock, placement = self.stocks[key], self.placements.get(key)
        parts = [(location or DEFAULT, quantity)]
        if placement is not None:
            whose = None if order is None or line is None or reason is Reason.SCRAP else (order, line)
            parts = placement.move(quantity, location, whose)
        for place, units in parts:
            stock.on_hand += units
            self.movements.append(Movement(key, units, reason, stock.on_hand, order, line, note, place))


def settle(stock: Stock, tranches: Iterable[Tranche]) -> None:
    """Make allocated = min(demand, max(on hand, 0)) among the tranches that can give or take."""
    free = stock.free
    ranked = sorted(tranches, key=lambda tranche: tranche.rank, reverse=free < 0)
    for tranche, units in _give(ranked, free) if free > 0 else _take(ranked, -free):
        tranche.allocated += units
        stock.allocated += units


def _give(oldest_first: Iterable[Tranche], free: int) -> Iterator[tuple[Tranche, int]]:
    for tranche in oldest_first:
        units = min(tranche.unmet, free)
        free -= units
        if units:
            yield tranche, units


def _take(newest_first: Iterable[Tranche], missing: int) -> Iterator[tuple[Tranche, int]]:
    for tranche in newest_first:
        units = min(tranche.allocated, missing)
        missing -= units
        if units:
            yield tranche, -units
