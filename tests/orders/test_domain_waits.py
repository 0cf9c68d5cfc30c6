"""Tranches of the waiting list: shipments take the oldest, reductions the newest, additions wait since now."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.orders.domain.waits import Wait, Waits, fitted, shipped

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def wait(day: int, quantity: int) -> Wait:
    return Wait(DAY + timedelta(days=day), quantity)


def test_shipment_takes_the_oldest() -> None:
    assert shipped((wait(0, 2), wait(1, 3)), 3) == (wait(1, 2),)


def test_reduction_takes_the_newest() -> None:
    assert fitted((wait(0, 2), wait(1, 3)), 3, DAY) == (wait(0, 2), wait(1, 1))


def test_addition_waits_since_now() -> None:
    assert fitted((wait(0, 2),), 5, DAY + timedelta(days=4)) == (wait(0, 2), wait(4, 3))


def test_more_may_leave_than_was_held() -> None:
    assert shipped((wait(0, 2),), 5) == ()


WAITS: st.SearchStrategy[Waits] = st.lists(st.integers(1, 5), max_size=4).map(
    lambda quantities: tuple(wait(day, quantity) for day, quantity in enumerate(quantities))
)


@given(WAITS, st.integers(0, 25))
def test_parts_sum_to_the_hold(waits: Waits, hold: int) -> None:
    assert sum(part.quantity for part in fitted(waits, hold, DAY + timedelta(days=9))) == hold


@given(WAITS, st.integers(0, 25))
def test_nobody_gains_a_better_place(waits: Waits, hold: int) -> None:
    """Each moment's part only shrinks, but for the newest one that is added."""
    now = DAY + timedelta(days=9)
    before = {part.since: part.quantity for part in waits}
    for part in fitted(waits, hold, now):
        assert part.since == now or part.quantity <= before[part.since]
