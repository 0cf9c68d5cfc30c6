"""Quantities: the formula of statuses.md holds after any history, and each word of a decision does what it says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.domain.decisions import Decision, Shipment, StockDecision
from services.orders.domain.quantities import Line, Lines, QuantityError, arrive, delete, move, place, requantify
from services.orders.domain.transitions import Verdict, verdict
from services.orders.domain.types import TYPES, StatusType, Stock

PLACED = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = PLACED + timedelta(days=1)
T = StatusType


def placed(*ordered: int, type_: StatusType = T.RECEIVED) -> Lines:
    return place(tuple(Line(number, quantity) for number, quantity in enumerate(ordered, 1)), type_, PLACED)


def holds(lines: Lines) -> list[int]:
    return [line.hold for line in lines]


def test_an_order_that_left_before_it_was_imported_holds_nothing_and_took_nothing() -> None:
    (line,) = arrive((Line(1, 3),), T.SHIPPED, PLACED)
    assert (line.shipped, line.shipped_before, line.hold, line.left) == (3, 3, 0, 0)
    (taken,) = arrive((Line(1, 3),), T.COMPLETED, PLACED, from_stock=True)
    assert (taken.shipped, taken.shipped_before) == (3, 0)
    for type_, held in ((T.CANCELLED, 0), (T.REFUNDED, 0), (T.READY, 3)):
        assert holds(arrive((Line(1, 3),), type_, PLACED)) == [held]
    (back,) = move((line,), T.SHIPPED, T.RETURNED, LATER, Decision(StockDecision.ALL)).lines
    assert (back.restocked, back.out) == (3, 0)


def test_of_an_order_that_left_in_part_the_rest_is_held() -> None:
    asked = (Line(1, 3), Line(2, 1), Line(9, 1, stocked=False))
    part, rest, delivery = arrive(asked, T.PARTIALLY_SHIPPED, PLACED, left={1: 2})
    assert [(one.shipped, one.shipped_before, one.hold) for one in (part, rest, delivery)] == [
        (2, 2, 1), (0, 0, 1), (0, 0, 0)
    ]  # fmt: skip
    moved = move((part, rest, delivery), T.PARTIALLY_SHIPPED, T.SHIPPED, LATER)
    assert (moved.parcel, moved.complete) == ({1: 1, 2: 1, 9: 1}, True)
    taken, *_ = arrive(asked, T.PARTIALLY_SHIPPED, PLACED, left={1: 2}, from_stock=True)
    assert (taken.shipped, taken.shipped_before, taken.hold) == (2, 0, 1)


def test_open_order_holds_what_is_ordered_since_it_was_placed() -> None:
    lines = placed(3, 2)
    assert holds(lines) == [3, 2]
    assert {wait.since for line in lines for wait in line.waits} == {PLACED}


def test_draft_holds_nothing_and_waits_since_it_became_an_order() -> None:
    draft = placed(3, type_=T.DRAFT)
    assert holds(draft) == [0]
    received = move(draft, T.DRAFT, T.RECEIVED, LATER).lines
    assert [wait.since for wait in received[0].waits] == [LATER]


def test_services_hold_nothing_and_leave_with_the_rest() -> None:
    lines = place((Line(1, 3), Line(2, 1, stocked=False)), T.RECEIVED, PLACED)
    assert holds(lines) == [3, 0]
    moved = move(lines, T.RECEIVED, T.SHIPPED, LATER, shipment=Shipment({1: 3}))
    assert moved.parcel == {1: 3, 2: 1}
    assert moved.complete


def test_part_of_an_order_ships() -> None:
    moved = move(placed(3, 2), T.PROCESSING, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 2}))
    assert moved.parcel == {1: 2}
    assert not moved.complete
    assert [(line.shipped, line.hold) for line in moved.lines] == [(2, 1), (0, 2)]
    rest = move(moved.lines, T.PARTIALLY_SHIPPED, T.SHIPPED, LATER)
    assert rest.parcel == {1: 1, 2: 2}
    assert rest.complete


def test_more_than_is_left_cannot_ship() -> None:
    with pytest.raises(QuantityError) as refused:
        move(placed(3), T.PROCESSING, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 4}))
    assert refused.value.line == 1


def test_unknown_line_cannot_ship_or_come_back() -> None:
    with pytest.raises(QuantityError):
        move(placed(3), T.PROCESSING, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({7: 1}))
    with pytest.raises(QuantityError):
        move(placed(3), T.SHIPPED, T.RETURNED, LATER, Decision(StockDecision.LINES, {7: 1}))


def test_shipped_twice_ships_once() -> None:
    shipped = move(placed(3), T.RECEIVED, T.SHIPPED, LATER).lines
    assert move(shipped, T.SHIPPED, T.DELIVERED, LATER).parcel == {}
    assert move(shipped, T.SHIPPED, T.SHIPPED, LATER).parcel == {}


def test_cancel_and_uncancel_take_the_stock_again_at_the_end_of_the_queue() -> None:
    cancelled = move(placed(3), T.RECEIVED, T.CANCELLED, LATER).lines
    assert holds(cancelled) == [0]
    revived = move(cancelled, T.CANCELLED, T.RECEIVED, LATER, Decision(StockDecision.ALL)).lines
    assert [(wait.since, wait.quantity) for wait in revived[0].waits] == [(LATER, 3)]


@pytest.mark.parametrize(
    ("decision", "restocked"),
    [
        (Decision(StockDecision.ALL), 3),
        (Decision(StockDecision.UNSHIPPED), 0),
        (Decision(StockDecision.LINES, {1: 2}), 2),
        (Decision(StockDecision.LINES, {1: 2}, {1: 1}), 2),
        (Decision(StockDecision.SCRAP), 3),
        (Decision(StockDecision.NONE), 0),
    ],
)
def test_what_was_shipped_comes_back_as_decided(decision: Decision, restocked: int) -> None:
    part = move(placed(5), T.RECEIVED, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 3})).lines
    back = move(part, T.PARTIALLY_SHIPPED, T.CANCELLED, LATER, decision).lines[0]
    assert (back.restocked, back.hold) == (restocked, 0)


def test_what_comes_back_unfit_is_scrapped_and_stays_so() -> None:
    lines = place((Line(1, 3), Line(2, 1, stocked=False)), T.RECEIVED, PLACED)
    shipped = move(lines, T.RECEIVED, T.SHIPPED, LATER).lines
    part = move(shipped, T.SHIPPED, T.RETURNED, LATER, Decision(StockDecision.LINES, {1: 2}, {1: 1})).lines
    assert [(line.restocked, line.scrapped) for line in part] == [(2, 1), (0, 0)]
    rest = move(part, T.RETURNED, T.REFUNDED, LATER, Decision(StockDecision.SCRAP)).lines
    assert [(line.restocked, line.scrapped) for line in rest] == [(3, 2), (1, 0)]
    again = move(rest, T.REFUNDED, T.SHIPPED, LATER, Decision(StockDecision.ALL)).lines
    assert [(line.shipped, line.restocked, line.scrapped) for line in again] == [(6, 3, 2), (2, 1, 0)]


@pytest.mark.parametrize(
    ("origin", "target", "decision"),
    [
        (T.SHIPPED, T.RETURNED, Decision(StockDecision.LINES, {1: 1}, {1: 2})),
        (T.SHIPPED, T.RETURNED, Decision(StockDecision.LINES, {2: 1}, {2: 1})),
        (T.RETURNED, T.SHIPPED, Decision(StockDecision.SCRAP)),
        (T.RETURNED, T.SHIPPED, Decision(StockDecision.LINES, {1: 1}, {1: 1})),
    ],
    ids=["more than comes back", "a service", "all, on the way out", "some, on the way out"],
)
def test_what_does_not_come_back_is_not_scrapped(origin: T, target: T, decision: Decision) -> None:
    lines = place((Line(1, 3), Line(2, 1, stocked=False)), T.RECEIVED, PLACED)
    shipped = move(lines, T.RECEIVED, T.SHIPPED, LATER).lines
    with pytest.raises(QuantityError):
        move(shipped, origin, target, LATER, decision)


def test_none_keeps_what_a_closed_order_holds_until_the_next_decision() -> None:
    closed = move(placed(3), T.RECEIVED, T.CLOSED, LATER, Decision(StockDecision.NONE)).lines
    assert holds(closed) == [3]
    assert holds(move(closed, T.CLOSED, T.CLOSED, LATER).lines) == [3]
    assert holds(move(closed, T.CLOSED, T.REFUNDED, LATER, Decision(StockDecision.UNSHIPPED)).lines) == [0]


def test_none_never_holds_goods_of_a_cancelled_or_deleted_order() -> None:
    none = Decision(StockDecision.NONE)
    assert holds(move(placed(3), T.RECEIVED, T.CANCELLED, LATER, none).lines) == [0]
    assert holds(delete(placed(3), T.RECEIVED, LATER, none)) == [0]


def test_revived_without_stock_stays_without_it() -> None:
    cancelled = move(placed(3), T.RECEIVED, T.CANCELLED, LATER).lines
    revived = move(cancelled, T.CANCELLED, T.PROCESSING, LATER, Decision(StockDecision.NONE)).lines
    assert holds(revived) == [0]
    assert holds(move(revived, T.PROCESSING, T.READY, LATER).lines) == [0]
    assert requantify(revived[0], 5, T.READY, LATER).hold == 2


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (Decision(StockDecision.ALL), 5),
        (Decision(StockDecision.UNSHIPPED), 2),
        (Decision(StockDecision.LINES, {1: 4}), 4),
        (Decision(StockDecision.NONE), 0),
    ],
)
def test_reviving_takes_what_is_decided(decision: Decision, expected: int) -> None:
    part = move(placed(5), T.RECEIVED, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 3})).lines
    back = move(part, T.PARTIALLY_SHIPPED, T.RETURNED, LATER, Decision(StockDecision.ALL)).lines
    assert holds(move(back, T.RETURNED, T.PROCESSING, LATER, decision).lines) == [expected]
    assert move(back, T.RETURNED, T.SHIPPED, LATER, decision).parcel == ({1: expected} if expected else {})


def test_backwards_with_goods_back_holds_them_again() -> None:
    shipped = move(placed(3), T.RECEIVED, T.SHIPPED, LATER).lines
    again = move(shipped, T.SHIPPED, T.PROCESSING, LATER, Decision(StockDecision.ALL)).lines[0]
    assert (again.shipped, again.restocked, again.hold) == (3, 3, 3)
    still_out = move(shipped, T.SHIPPED, T.PROCESSING, LATER, Decision(StockDecision.UNSHIPPED)).lines[0]
    assert (still_out.restocked, still_out.hold) == (0, 0)


def test_back_from_completed_to_shipped_moves_no_goods() -> None:
    completed = move(placed(3), T.RECEIVED, T.COMPLETED, LATER).lines
    moved = move(completed, T.COMPLETED, T.SHIPPED, LATER, Decision(StockDecision.ALL))
    assert (moved.lines, moved.parcel) == (completed, {})


def test_decision_all_ships_what_is_left_of_a_part() -> None:
    part = move(placed(3), T.RECEIVED, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 1})).lines
    moved = move(part, T.PARTIALLY_SHIPPED, T.SHIPPED, LATER, Decision(StockDecision.ALL))
    assert moved.parcel == {1: 2}
    assert moved.lines[0].restocked == 0


def test_what_was_frozen_as_shipped_stays_frozen_as_delivered() -> None:
    shipped = move(placed(3), T.RECEIVED, T.SHIPPED, LATER, Decision(StockDecision.NONE)).lines
    assert holds(move(shipped, T.SHIPPED, T.DELIVERED, LATER).lines) == [3]


def test_shipped_with_none_records_no_shipment() -> None:
    moved = move(placed(3), T.RECEIVED, T.SHIPPED, LATER, Decision(StockDecision.NONE))
    assert moved.parcel == {}
    assert holds(moved.lines) == [3]


def test_fewer_than_left_cannot_be_ordered() -> None:
    shipped = move(placed(3), T.RECEIVED, T.SHIPPED, LATER).lines[0]
    with pytest.raises(QuantityError):
        requantify(shipped, 2, T.PARTIALLY_SHIPPED, LATER)


# Any history of allowed changes, decisions, shipments and edits.
Step = tuple[str, StatusType, StockDecision | None, int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["move", "ship", "edit"]),
        st.sampled_from(StatusType),
        st.sampled_from([None, *StockDecision]),
        st.integers(0, 6),
    ),
    max_size=12,
)


def apply(lines: Lines, origin: StatusType, step: Step, at: datetime) -> tuple[Lines, StatusType]:
    kind, target, word, number = step
    if kind == "edit":
        return tuple(requantify(line, max(line.out, number), origin, at) for line in lines), origin
    found = verdict(origin, target)
    if found is Verdict.REFUSED:
        return lines, origin
    if found is Verdict.CONFIRM and word is None:
        word = StockDecision.ALL
    named = {1: min(number, lines[0].out)} if word is StockDecision.LINES else {}
    scrapped = {1: 1} if named.get(1) and number % 2 else {}
    shipment = Shipment({2: min(number, lines[1].left)}) if kind == "ship" and TYPES[target].ships else None
    try:
        moved = move(lines, origin, target, at, Decision(word, named, scrapped), shipment)
    except QuantityError:
        return lines, origin  # the named quantity did not fit: refused, and nothing changed
    if TYPES[target].stock is Stock.SHIPS_REST and not moved.complete and shipment is not None:
        return lines, origin  # a part is not shipped under such a type; the command takes partially_shipped
    return moved.lines, target


@given(st.lists(st.integers(1, 6), min_size=2, max_size=3), st.sampled_from([T.RECEIVED, T.SHIPPED, T.REFUNDED]), STEPS)
def test_formula_holds_after_any_history(ordered: list[int], type_: StatusType, steps: list[Step]) -> None:
    at = PLACED
    asked = (*(Line(id_, quantity) for id_, quantity in enumerate(ordered, 1)), Line(9, 1, stocked=False))
    lines = arrive(asked, type_, at)
    for step in steps:
        at += timedelta(hours=1)
        before = lines
        lines, type_ = apply(lines, type_, step, at)
        for line, was in zip(lines, before, strict=True):
            assert 0 <= line.scrapped <= line.restocked <= line.shipped
            assert 0 <= line.scrapped - was.scrapped <= line.restocked - was.restocked
            assert line.out <= line.ordered
            assert line.shipped >= was.shipped
            assert line.restocked >= was.restocked
            assert line.shipped_before == was.shipped_before <= line.shipped
            assert all(wait.quantity > 0 for wait in line.waits)
            assert [wait.since for wait in line.waits] == sorted(wait.since for wait in line.waits)
            wanted = line.left if TYPES[type_].holds else 0
            if not line.stocked or type_ is T.CANCELLED:
                assert line.hold == 0
            elif line.frozen is None:
                assert line.hold == wanted
            else:
                assert line.hold == min(line.frozen, line.left)
        assert holds(delete(lines, type_, at, Decision(StockDecision.NONE))) == [0] * len(lines)
