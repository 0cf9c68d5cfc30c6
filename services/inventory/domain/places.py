"""Where the units of one SKU are, and from which location each line has got its own.

How many units a line gets is settled for the SKU as a whole (`book`); this is the second step, which only says where.
Since the units on hand at all locations are never fewer than the SKU's total, what was settled can always be placed.

A SKU that was never anywhere but at the default location has no placement: everything about it is there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

DEFAULT = "main"
"""The location that every shop has; what names none is there."""

LineKey = tuple[str, int]
"""An order's id and a line's."""


class Location(NamedTuple):
    """A warehouse or a shop floor. The lowest `priority` serves first; what comes back goes where returns are taken."""

    code: str
    name: str
    priority: int
    takes_returns: bool = False
    is_closed: bool = False

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The place among the shop's locations; what is left at a closed one goes last."""
        return (self.is_closed, self.priority, self.code)


@dataclass(slots=True)
class Shelf:
    """The units of one SKU at one location."""

    location: str
    on_hand: int = 0
    allocated: int = 0

    @property
    def free(self) -> int:
        """What a line may still get here; below zero, what lines have though it is not there."""
        return max(self.on_hand, 0) - self.allocated


class Placement:
    """The shelves of one SKU in the order of priority, and the lines that a transaction places on them.

    `know` the lines, `move` goods, `resize` each line to what it has got; then `displace` lines where a shelf has
    `missing` units, and `place` what stands nowhere. `shelves` and `held` are then as they are to be stored.
    """

    def __init__(self, shelves: Iterable[Shelf], returns: str = DEFAULT) -> None:
        self.shelves = {shelf.location: shelf for shelf in shelves}
        self.held: dict[LineKey, dict[str, int]] = {}
        self.returns = returns
        self._wanted: dict[LineKey, int] = {}

    def know(self, line: LineKey, location: str, units: int) -> None:
        """The line has `units` here, as stored."""
        self.held.setdefault(line, {})[location] = units

    def move(self, quantity: int, location: str | None, line: LineKey | None = None) -> list[tuple[str, int]]:
        """Goods came or went; from and to where, in units.

        Without a location, what comes goes where returns are taken, and what goes is taken from the line's own units,
        then from what is free, then from what others have, each in the order of priority, and else from the default.
        With one, goods go from there whatever is there, the line's own units first.
        """
        if location is None and quantity < 0:
            return [(place, -units) for place, units in self._take(-quantity, self.held.get(line, {}) if line else {})]
        place = location or self.returns
        if line is not None:
            self._let_go(self.shelves[place], self.held.get(line, {}), -quantity)
        self.shelves[place].on_hand += quantity
        return [(place, quantity)]

    def resize(self, line: LineKey, units: int) -> None:
        """The line has got `units` in all: what it has too many is let go, first where it is not there."""
        self._wanted[line] = units
        held = self.held.setdefault(line, {})
        excess = sum(held.values()) - units
        last_first = list(reversed(self.shelves.values()))
        for shelf in sorted(last_first, key=lambda shelf: shelf.free >= 0):
            excess -= self._let_go(shelf, held, excess)

    def total(self, line: LineKey) -> int:
        return sum(self.held.get(line, {}).values())

    def wanted(self, line: LineKey) -> int:
        """What the line was last said to have got."""
        return self._wanted.get(line, 0)

    def missing(self) -> dict[str, int]:
        """Locations where lines have more than is there, with the units too many."""
        return {shelf.location: -shelf.free for shelf in self.shelves.values() if shelf.free < 0}

    def displace(self, location: str, lines: Iterable[LineKey]) -> None:
        """Have these lines, in this order, let go of what is not there."""
        shelf = self.shelves[location]
        for line in lines:
            self._wanted.setdefault(line, self.total(line))
            self._let_go(shelf, self.held.get(line, {}), -shelf.free)

    def place(self) -> None:
        """Give every line its units on free shelves."""
        for line, wanted in self._wanted.items():
            held = self.held[line]
            left = wanted - sum(held.values())
            for shelf in self.shelves.values():
                units = min(max(shelf.free, 0), left)
                if units > 0:
                    held[shelf.location] = held.get(shelf.location, 0) + units
                    shelf.allocated += units
                    left -= units

    def _let_go(self, shelf: Shelf, held: dict[str, int], most: int) -> int:
        units = max(min(held.get(shelf.location, 0), most), 0)
        if units:
            held[shelf.location] -= units
            shelf.allocated -= units
        return units

    def _take(self, units: int, own: dict[str, int]) -> Iterator[tuple[str, int]]:
        taken: dict[str, int] = {}
        for shelf, most in self._sources(own):
            part = min(max(most, 0), units)
            units -= part
            shelf.on_hand -= part
            taken[shelf.location] = taken.get(shelf.location, 0) + part
        self.shelves[DEFAULT].on_hand -= units
        taken[DEFAULT] = taken.get(DEFAULT, 0) + units
        yield from ((place, part) for place, part in taken.items() if part)

    def _sources(self, own: dict[str, int]) -> Iterator[tuple[Shelf, int]]:
        """Where to take from, and how many; each is looked at when those before it were taken."""
        for shelf in self.shelves.values():
            most = min(own.get(shelf.location, 0), max(shelf.on_hand, 0))
            before = shelf.on_hand
            yield shelf, most
            self._let_go(shelf, own, before - shelf.on_hand)
        for shelf in self.shelves.values():
            yield shelf, shelf.free
        for shelf in self.shelves.values():
            yield shelf, shelf.on_hand
