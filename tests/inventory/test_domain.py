"""The allocation rules alone: examples one can check by hand, then random histories against a naive model.

The `Warehouse` here stores what the service stores and loads what a `Book` asks for, so that the rule about what has to
be loaded is tried too. Duplicates, late and lost messages are what the version guard makes of them: an older version
does nothing.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.domain import (
    Book,
    Key,
    LineState,
    Reason,
    Stock,
    Tranche,
    Waits,
    stock_fact,
    tranches_of,
)

WINE: Key = ("cave", "WINE")
GIFT: Key = ("cave", "GIFT")
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)

Lines = dict[int, LineState]


def at(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


def held(quantity: int, minute: int, key: Key = WINE, shipped: int = 0, restocked: int = 0) -> LineState:
    return LineState(key, ((at(minute), quantity),) if quantity else (), shipped, restocked)


@dataclass
class Warehouse:
    """The service's tables as dictionaries."""

    stocks: dict[Key, Stock] = field(default_factory=dict)
    applied: dict[str, tuple[int, Lines]] = field(default_factory=dict)
    tranches: dict[Key, list[Tranche]] = field(default_factory=dict)
    ledger: dict[Key, int] = field(default_factory=dict)

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


def test_order_is_allocated_from_free_stock() -> None:
    shop = Warehouse()
    shop.move(5)
    shop.hear(("a", 1, {1: held(3, 0)}))
    assert shop.stocks[WINE] == Stock(on_hand=5, demand=3, allocated=3)
    assert shop.stocks[WINE].available == 2


def test_head_of_the_list_is_served_in_part_and_nobody_overtakes() -> None:
    shop = Warehouse()
    shop.hear(("b", 1, {1: held(1, 2)}), ("a", 1, {1: held(4, 1)}))
    shop.move(3)
    assert (shop.got("a"), shop.got("b")) == (3, 0)
    shop.move(2)
    assert (shop.got("a"), shop.got("b")) == (4, 1)


def test_equal_moments_are_served_by_order_id() -> None:
    shop = Warehouse()
    shop.hear(("b", 1, {1: held(1, 1)}), ("a", 1, {1: held(1, 1)}))
    shop.move(1)
    assert (shop.got("a"), shop.got("b")) == (1, 0)


def test_allocation_is_not_taken_for_an_older_order() -> None:
    shop = Warehouse()
    shop.move(1)
    shop.hear(("young", 1, {1: held(1, 9)}))
    shop.hear(("old", 1, {1: held(1, 1)}))
    assert (shop.got("young"), shop.got("old")) == (1, 0)


def test_cancelled_order_serves_the_next() -> None:
    shop = Warehouse()
    shop.move(2)
    shop.hear(("a", 1, {1: held(2, 1)}))
    shop.hear(("b", 1, {1: held(1, 2)}))
    shop.hear(("a", 2, {1: held(0, 1)}))
    assert (shop.got("a"), shop.got("b")) == (0, 1)
    shop.hear(("a", 3, {1: held(2, 3)}))
    assert (shop.got("a"), shop.got("b")) == (1, 1)


def test_shipment_takes_its_own_allocation() -> None:
    shop = Warehouse()
    shop.move(5)
    shop.hear(("a", 1, {1: held(3, 1)}), ("b", 1, {1: held(2, 2)}))
    shop.hear(("a", 2, {1: held(1, 1, shipped=2)}))
    assert shop.stocks[WINE] == Stock(on_hand=3, demand=3, allocated=3)
    assert (shop.got("a"), shop.got("b")) == (1, 2)


def test_shipment_beyond_its_allocation_takes_free_stock_then_the_newest_holders() -> None:
    shop = Warehouse()
    shop.move(4)
    shop.hear(("a", 1, {1: held(1, 1)}))
    shop.hear(("b", 1, {1: held(1, 2)}))
    shop.hear(("c", 1, {1: held(1, 3)}))
    shop.hear(("d", 1, {1: held(0, 4, shipped=2)}))
    assert (shop.got("a"), shop.got("b"), shop.got("c")) == (1, 1, 0)


def test_goods_that_were_not_there_leave_a_discrepancy_and_nothing_is_clamped() -> None:
    shop = Warehouse()
    shop.move(1)
    shop.hear(("a", 1, {1: held(1, 1)}), ("b", 1, {1: held(0, 1, shipped=3)}))
    assert shop.stocks[WINE] == Stock(on_hand=-2, demand=1, allocated=0)
    shop.move(2)
    assert shop.stocks[WINE] == Stock(on_hand=0, demand=1, allocated=0)
    shop.move(1)
    assert shop.got("a") == 1


def test_loss_takes_from_the_newest_holder() -> None:
    shop = Warehouse()
    shop.move(3)
    shop.hear(("a", 1, {1: held(2, 1)}), ("b", 1, {1: held(1, 2)}))
    shop.move(-2)
    assert (shop.got("a"), shop.got("b")) == (1, 0)


def test_returned_goods_serve_the_waiting() -> None:
    shop = Warehouse()
    shop.move(1)
    shop.hear(("a", 1, {1: held(0, 1, shipped=1)}))
    shop.hear(("b", 1, {1: held(1, 2)}))
    shop.hear(("a", 2, {1: held(0, 1, shipped=1, restocked=1)}))
    assert shop.got("b") == 1
    assert shop.stocks[WINE].on_hand == 1


def test_raised_quantity_waits_from_its_own_moment() -> None:
    shop = Warehouse()
    shop.move(2)
    shop.hear(("a", 1, {1: held(2, 1)}))
    shop.hear(("b", 1, {1: held(1, 2)}))
    shop.hear(("a", 2, {1: LineState(WINE, ((at(1), 2), (at(3), 1)))}))
    shop.move(1)
    assert (shop.got("a"), shop.got("b")) == (2, 1)


def test_changed_sku_leaves_the_old_one_whole() -> None:
    shop = Warehouse()
    shop.move(2)
    shop.move(2, GIFT)
    shop.hear(("a", 1, {1: held(1, 1, shipped=1)}))
    shop.hear(("a", 2, {1: held(1, 1, key=GIFT, shipped=1)}))
    assert shop.stocks[WINE] == Stock(on_hand=2)
    assert shop.stocks[GIFT] == Stock(on_hand=1, demand=1, allocated=1)


def test_line_that_went_away_gives_back() -> None:
    shop = Warehouse()
    shop.move(2)
    shop.hear(("a", 1, {1: held(1, 1), 2: held(1, 1)}))
    shop.hear(("a", 2, {2: held(1, 1)}))
    assert shop.stocks[WINE] == Stock(on_hand=2, demand=1, allocated=1)


def test_only_what_matters_is_loaded() -> None:
    shop = Warehouse()
    shop.move(5)
    book = shop.open({WINE})
    book.change_line("a", 1, None, held(3, 1), 0)
    assert not book.lack()
    book.settle()
    book.move(WINE, -4, Reason.LOSS)
    assert book.lack().to_take == {WINE: 2}


@pytest.mark.parametrize(
    ("hold", "waits", "expected"),
    [
        (0, (), ()),
        (3, ((at(2), 1), (at(1), 2)), ((at(1), 2), (at(2), 1))),
        (3, ((at(1), 1), (at(1), 2)), ((at(1), 3),)),
        (3, (), ((at(0), 3),)),
        (3, ((at(1), 1),), ((at(0), 3),)),
    ],
)
def test_tranches_are_canonical(hold: int, waits: Waits, expected: Waits) -> None:
    assert tranches_of(hold, waits, at(0)) == expected


@pytest.mark.parametrize(
    ("hold", "allocated", "out", "fact"),
    [
        (0, 0, 0, "none"),
        (2, 2, 0, "reserved"),
        (2, 1, 5, "partly"),
        (2, 0, 0, "short"),
        (0, 0, 2, "committed"),
    ],
)
def test_stock_fact(hold: int, allocated: int, out: int, fact: str) -> None:
    assert stock_fact(hold, allocated, out) == fact


# Random histories

ORDERS = ["a", "b", "c", "d"]
KEYS = [WINE, GIFT]

waits = st.dictionaries(st.integers(0, 5), st.integers(1, 4), max_size=2).map(
    lambda by_minute: tuple(sorted((at(minute), quantity) for minute, quantity in by_minute.items()))
)
line_states = st.builds(LineState, st.sampled_from(KEYS), waits, shipped=st.integers(0, 4), restocked=st.integers(0, 2))
order_lines = st.dictionaries(st.integers(1, 3), line_states, max_size=3)


@dataclass
class History:
    """The messages of some orders in the order they arrive, the receipts between them, and each order's last word."""

    arrivals: list[list[tuple[str, int, Lines]] | tuple[Key, int]]
    last: dict[str, tuple[int, Lines]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    messages = []
    last: dict[str, tuple[int, Lines]] = {}
    for order in ORDERS:
        for version, lines in enumerate(draw(st.lists(order_lines, max_size=5)), 1):
            messages.append((order, version, lines))
            last[order] = (version, lines)
    lost_or_late = draw(st.lists(st.sampled_from(messages), max_size=25)) if messages else []
    moves = draw(st.lists(st.tuples(st.sampled_from(KEYS), st.integers(-6, 8).filter(bool)), max_size=8))
    batches: list[list[tuple[str, int, Lines]] | tuple[Key, int]] = list(moves)
    while lost_or_late:
        size = draw(st.integers(1, 4))
        batches.append(lost_or_late[:size])
        lost_or_late = lost_or_late[size:]
    return History(draw(st.permutations(batches)), last)


def naive(history: History) -> dict[Key, tuple[int, int]]:
    """On hand and demand as a function of the receipts and of the orders' last states alone."""
    found = {}
    for key in KEYS:
        lines = [line for _, held_by in history.last.values() for line in held_by.values() if line.key == key]
        receipts = sum(arrival[1] for arrival in history.arrivals if isinstance(arrival, tuple) and arrival[0] == key)
        on_hand = receipts - sum(line.shipped - line.restocked for line in lines)
        found[key] = (on_hand, sum(quantity for line in lines for _, quantity in line.waits))
    return found


@settings(max_examples=600, deadline=None)
@given(histories())
def test_random_history_ends_at_the_function_of_the_last_states(history: History) -> None:
    shop = Warehouse()
    for arrival in history.arrivals:
        if isinstance(arrival, tuple):
            shop.move(arrival[1], arrival[0])
        else:
            shop.hear(*arrival)
    for order, (version, lines) in history.last.items():
        shop.hear((order, version, lines))
    for key, (on_hand, demand) in naive(history).items():
        stock = shop.stocks.get(key, Stock())
        assert (stock.on_hand, stock.demand) == (on_hand, demand)
        assert stock.allocated == min(demand, max(on_hand, 0))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(ORDERS), st.integers(1, 4)), max_size=6, unique_by=lambda t: t[1]
    ),
    st.lists(st.integers(-5, 6).filter(bool), max_size=12),
)
def test_movements_serve_the_head_and_take_from_the_tail(
    orders: list[tuple[int, str, int]], movements: list[int]
) -> None:
    """With the orders fixed, who is served is at every moment a prefix of the waiting list."""
    shop = Warehouse()
    shop.hear(*((order, 1, {1: held(quantity, minute)}) for minute, order, quantity in orders))
    for quantity in movements:
        shop.move(quantity)
        left = max(shop.stocks[WINE].on_hand, 0)
        for _, order, wanted in sorted(orders):
            assert shop.got(order) == min(wanted, left)
            left -= shop.got(order)
