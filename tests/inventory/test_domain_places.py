"""Where units are taken from, and that every random history leaves each unit that a line has got on a shelf."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.domain.book import Book
from services.inventory.domain.places import DEFAULT, LineKey, Placement, Shelf
from services.inventory.domain.stock import Key, Reason
from tests.inventory.warehouse import WINE, Lines, Warehouse, held

SHELVES = ("north", DEFAULT, "south")


def placement(**on_hand: int) -> Placement:
    return Placement([Shelf(at, on_hand.get(at, 0)) for at in SHELVES], returns="south")


def settled(at: Placement, **lines: int) -> dict[str, dict[str, int]]:
    """Lines of that many units, placed; where each has them."""
    for order, units in lines.items():
        at.resize((order, 1), units)
    at.place()
    return {order: {place: units for place, units in pieces.items() if units} for (order, _), pieces in at.held.items()}


def test_a_line_is_placed_by_priority() -> None:
    at = placement(north=2, main=3, south=9)
    assert settled(at, a=6, b=1) == {"a": {"north": 2, "main": 3, "south": 1}, "b": {"south": 1}}


def test_what_a_line_has_too_many_is_let_go_at_the_last_location() -> None:
    at = placement(north=2, main=3, south=9)
    settled(at, a=6)
    assert settled(at, a=4) == {"a": {"north": 2, "main": 2}}


def test_a_shipment_takes_its_own_then_what_is_free_then_what_others_have() -> None:
    at = placement(north=1, main=2, south=2)
    settled(at, a=1, b=2)
    assert at.move(-4, None, ("b", 1)) == [("main", -2), ("south", -2)]
    assert at.move(-2, None, ("c", 1)) == [("north", -1), (DEFAULT, -1)]


def test_what_comes_back_goes_where_returns_are_taken() -> None:
    assert placement().move(2, None, ("a", 1)) == [("south", 2)]
    assert placement().move(2, "north") == [("north", 2)]


def test_the_newest_order_gives_way_where_units_are_missing() -> None:
    at = placement(north=4, south=4)
    settled(at, a=2, b=2)
    at.move(-1, "north")
    assert at.missing() == {"north": 1}
    at.displace("north", [("b", 1), ("a", 1)])
    at.place()
    assert at.held == {("a", 1): {"north": 2}, ("b", 1): {"north": 1, "south": 1}}


@dataclass
class Spread(Warehouse):
    """A warehouse whose wine is at three locations, with the tables of its shelves."""

    shelves: dict[str, Shelf] = field(default_factory=lambda: {at: Shelf(at) for at in SHELVES})
    pieces: dict[LineKey, dict[str, int]] = field(default_factory=dict)

    def open(self, keys: set[Key]) -> Book:
        book = super().open(keys)
        wine = Placement(map(replace, self.shelves.values()), returns="south")
        for line, pieces in self.pieces.items():
            for at, units in pieces.items():
                wine.know(line, at, units)
        book.placements = {WINE: wine} if WINE in keys else {}
        return book

    def close(self, book: Book) -> None:
        super().close(book)
        for wine in book.placements.values():
            for line, units in book.targets(WINE).items():
                wine.resize(line, units)
            for line, gain in book.gains.get(WINE, {}).items():
                wine.resize(line, wine.total(line) + gain)
            for at in wine.missing():
                wine.displace(at, sorted(wine.held, reverse=True))
            wine.place()
            self.shelves, self.pieces = wine.shelves, wine.held
        self.check_shelves()

    def transfer(self, source: str, target: str, quantity: int) -> None:
        book = self.open({WINE})
        book.move(WINE, -quantity, Reason.TRANSFER, location=source)
        book.move(WINE, quantity, Reason.TRANSFER, location=target)
        self.close(book)

    def book_at(self, location: str, quantity: int) -> None:
        book = self.open({WINE})
        book.move(WINE, quantity, Reason.OTHER, location=location)
        self.close(book)

    def check_shelves(self) -> None:
        if WINE not in self.stocks:
            return
        assert sum(shelf.on_hand for shelf in self.shelves.values()) == self.stocks[WINE].on_hand
        for shelf in self.shelves.values():
            assert 0 <= shelf.allocated <= max(shelf.on_hand, 0)
            assert shelf.allocated == sum(pieces.get(shelf.location, 0) for pieces in self.pieces.values())
        got: dict[LineKey, int] = {}
        for tranche in self.tranches.get(WINE, ()):
            got[tranche.order, tranche.line] = got.get((tranche.order, tranche.line), 0) + tranche.allocated
        for line, pieces in self.pieces.items():
            assert sum(pieces.values()) == got.get(line, 0)


order_states = st.builds(
    lambda hold, shipped, back, scrapped: {1: held(hold, 1, shipped=shipped, restocked=back, scrapped=scrapped)},
    *(st.integers(0, most) for most in (5, 4, 2, 2)),
)
arrivals = st.one_of(
    st.tuples(st.just("order"), st.sampled_from("abc"), order_states),
    st.tuples(st.just("book"), st.sampled_from(SHELVES), st.integers(-5, 8).filter(bool)),
    st.tuples(st.just("transfer"), st.permutations(SHELVES), st.integers(1, 5)),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(arrivals, max_size=14))
def test_random_history_leaves_every_unit_on_a_shelf(history: list[tuple[str, str, int | Lines]]) -> None:
    shop = Spread()
    for version, (kind, what, much) in enumerate(history, 1):
        if isinstance(much, dict):
            shop.hear((what, version, much))
        elif kind == "book":
            shop.book_at(what, much)
        else:
            shop.transfer(what[0], what[1], much)
