"""Where units are taken from, and that every random history leaves each unit that a line has got on a shelf."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.domain.book import Book
from services.inventory.domain.places import DEFAULT, LineKey, Placement, Shelf
from services.inventory.domain.stock import Key, Reason
from tests.inventory.warehouse import WINE, Counters, Lines, Warehouse, held, located

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


def test_what_goes_from_a_named_location_goes_from_there_the_line_s_own_first() -> None:
    at = placement(north=3, main=2)
    assert settled(at, a=4) == {"a": {"north": 3, "main": 1}}
    assert at.move(-1, "main", ("a", 1)) == [("main", -1)]
    assert settled(at, a=3) == {"a": {"north": 3}}
    assert at.move(-4, "south", ("a", 1)) == [("south", -4)]
    assert at.shelves["south"].on_hand == -4


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


counters = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2))
counters = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2))


def states(rest: st.SearchStrategy[Counters]) -> st.SearchStrategy[Lines]:
    """One line, with goods at named locations, and the rest anywhere."""
    named = st.dictionaries(st.sampled_from(SHELVES), counters)
    waits = st.integers(0, 5).map(lambda quantity: held(quantity, 1).waits)
    return st.builds(lambda *of: {1: located(*of)}, st.just(WINE), waits, rest, named)


booked = st.tuples(st.just("book"), st.sampled_from(SHELVES), st.integers(-5, 8).filter(bool))
transferred = st.tuples(st.just("transfer"), st.permutations(SHELVES), st.integers(1, 5))
History = list[tuple[str, str, int | Lines]]


def histories(of: st.SearchStrategy[Lines]) -> st.SearchStrategy[History]:
    said = st.tuples(st.just("order"), st.sampled_from("abc"), of)
    return st.lists(st.one_of(said, booked, transferred), max_size=14)


def run(history: History) -> Spread:
    shop = Spread()
    for version, (kind, what, much) in enumerate(history, 1):
        if isinstance(much, dict):
            shop.hear((what, version, much))
        elif kind == "book":
            shop.book_at(what, much)
        else:
            shop.transfer(what[0], what[1], much)
    return shop


@settings(max_examples=500, deadline=None)
@given(histories(states(counters)))
def test_random_history_leaves_every_unit_on_a_shelf(history: History) -> None:
    run(history)


@settings(max_examples=300, deadline=None)
@given(histories(states(st.just((0, 0, 0)))))
def test_a_location_has_what_was_booked_there_and_what_the_last_states_name(history: History) -> None:
    shop = run(history)
    expected = dict.fromkeys(SHELVES, 0)
    last: dict[str, Lines] = {}
    for kind, what, much in history:
        if isinstance(much, dict):
            last[what] = much
        elif kind == "book":
            expected[what] += much
        else:
            expected[what[0]] -= much
            expected[what[1]] += much
    for line in (line for lines in last.values() for line in lines.values()):
        for at in line.named:
            expected[at.location] -= at.booked.shipped - at.booked.restocked + at.booked.scrapped
    assert {at: shelf.on_hand for at, shelf in shop.shelves.items()} == expected
    assert {at: shop.by_location.get((WINE, at), 0) for at in SHELVES} == expected
