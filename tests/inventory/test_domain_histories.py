"""The allocation rules on random histories, against a naive model."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.inventory.domain.stock import Key, Stock
from tests.inventory.warehouse import GIFT, WINE, Lines, Warehouse, at, held, located

ORDERS = ["a", "b", "c", "d"]
KEYS = [WINE, GIFT]

waits = st.dictionaries(st.integers(0, 5), st.integers(1, 4), max_size=2).map(
    lambda by_minute: tuple(sorted((at(minute), quantity) for minute, quantity in by_minute.items()))
)
PLACES = ["cellar", "north"]
counters = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2))
line_states = st.builds(
    located, st.sampled_from(KEYS), waits, counters, st.dictionaries(st.sampled_from(PLACES), counters, max_size=2)
)
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
        on_hand = receipts - sum(line.shipped - line.restocked + line.scrapped for line in lines)
        found[key] = (on_hand, sum(quantity for line in lines for _, quantity in line.waits))
    return found


def naive_at(history: History, key: Key, location: str) -> int:
    """On hand at a location that orders alone name: what their last states say of it."""
    named = [
        at.booked
        for _, held_by in history.last.values()
        for line in held_by.values()
        for at in line.named
        if (line.key, at.location) == (key, location)
    ]
    return -sum(goods.shipped - goods.restocked + goods.scrapped for goods in named)


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
        for location in PLACES:
            assert shop.by_location.get((key, location), 0) == naive_at(history, key, location)


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
