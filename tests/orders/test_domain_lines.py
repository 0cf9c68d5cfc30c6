"""Edits of lines: what is allowed, what asks for more stock, and what touches a live invoice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.orders.domain.decisions import Shipment
from services.orders.domain.lines import EditRefused, Terms, covered_changes, edit
from services.orders.domain.quantities import Line, Lines, move, place
from services.orders.domain.types import StatusType

T = StatusType
PLACED = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = PLACED + timedelta(days=1)
WINE = Terms("WINE", "Wine", True, 3, Decimal("12.50"), Decimal(20))
BOX = Terms("BOX", "Box", True, 1, Decimal("4.00"), Decimal(20))
BEFORE = {1: WINE, 2: BOX}


@pytest.fixture
def lines() -> Lines:
    return place((Line(1, 3), Line(2, 1)), T.RECEIVED, PLACED)


def test_absent_line_is_removed_and_a_new_one_added(lines: Lines) -> None:
    edited = edit(lines, BEFORE, {1: WINE, 3: replace(BOX, quantity=2)}, T.RECEIVED, LATER)
    assert [(line.id, line.hold) for line in edited.lines] == [(1, 3), (3, 2)]
    assert edited.raised


def test_raised_quantity_waits_since_now(lines: Lines) -> None:
    edited = edit(lines, BEFORE, {1: replace(WINE, quantity=5), 2: BOX}, T.RECEIVED, LATER)
    assert [(wait.since, wait.quantity) for wait in edited.lines[0].waits] == [(PLACED, 3), (LATER, 2)]
    assert edited.raised


def test_lowered_quantity_or_price_raises_nothing(lines: Lines) -> None:
    cheaper = replace(WINE, quantity=1, unit_price=Decimal(1))
    assert not edit(lines, BEFORE, {1: cheaper, 2: BOX}, T.RECEIVED, LATER).raised


def test_another_article_queues_anew(lines: Lines) -> None:
    edited = edit(lines, BEFORE, {1: replace(WINE, sku="RED"), 2: BOX}, T.RECEIVED, LATER)
    assert [wait.since for wait in edited.lines[0].waits] == [LATER]
    assert edited.raised


@pytest.mark.parametrize("type_", [T.SHIPPED, T.DELIVERED, T.COMPLETED, T.CLOSED, T.CANCELLED, T.RETURNED, T.REFUNDED])
def test_lines_are_locked_once_all_left_or_came_back(lines: Lines, type_: StatusType) -> None:
    with pytest.raises(EditRefused):
        edit(lines, BEFORE, BEFORE, type_, LATER)


class TestPartlyShipped:
    """Two of three bottles left."""

    @pytest.fixture
    def part(self, lines: Lines) -> Lines:
        return move(lines, T.RECEIVED, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 2})).lines

    def test_unshipped_part_can_be_given_up(self, part: Lines) -> None:
        edited = edit(part, BEFORE, {1: replace(WINE, quantity=2)}, T.PARTIALLY_SHIPPED, LATER)
        assert [(line.id, line.hold, line.left) for line in edited.lines] == [(1, 0, 0)]

    def test_shipped_part_cannot(self, part: Lines) -> None:
        for after in ({2: BOX}, {1: replace(WINE, quantity=1), 2: BOX}, {1: replace(WINE, sku="RED"), 2: BOX}):
            with pytest.raises(EditRefused):
                edit(part, BEFORE, after, T.PARTIALLY_SHIPPED, LATER)

    def test_invoice_of_the_shipped_part_covers_its_price_only(self, part: Lines) -> None:
        fewer = {1: replace(WINE, quantity=2), 2: replace(BOX, unit_price=Decimal(1))}
        assert covered_changes(part, BEFORE, fewer, whole=False) == ()
        dearer = {1: replace(WINE, unit_price=Decimal(13)), 2: BOX}
        assert covered_changes(part, BEFORE, dearer, whole=False) == (1,)

    def test_invoice_of_the_whole_order_covers_every_line(self, part: Lines) -> None:
        assert covered_changes(part, BEFORE, {1: WINE, 2: replace(BOX, quantity=2)}, whole=True) == (2,)
        assert covered_changes(part, BEFORE, {1: WINE}, whole=True) == (2,)
        assert covered_changes(part, BEFORE, {**BEFORE, 3: BOX}, whole=True) == ()


def test_line_that_came_back_stays_on_record_when_removed(lines: Lines) -> None:
    part = tuple(replace(line, shipped=1, restocked=1) if line.id == 2 else line for line in lines)
    edited = edit(part, BEFORE, {1: WINE}, T.PROCESSING, LATER)
    assert [(line.id, line.ordered, line.hold) for line in edited.lines] == [(1, 3, 3), (2, 0, 0)]
