"""Where goods left from and came back to: absolute numbers, a part of the line's own."""

from datetime import UTC, datetime

import pytest

from services.orders.domain.decisions import Decision, Shipment, StockDecision
from services.orders.domain.locations import AtLocation
from services.orders.domain.quantities import Line, QuantityError, move, place
from services.orders.domain.types import StatusType as T

PLACED = LATER = datetime(2026, 3, 1, 9, tzinfo=UTC)
CELLAR = (AtLocation("cellar", 0, 1),)


def test_where_goods_left_and_came_back_is_added_up() -> None:
    lines = place((Line(1, 5), Line(2, 1, stocked=False)), T.RECEIVED, PLACED)
    part = move(lines, T.RECEIVED, T.PARTIALLY_SHIPPED, LATER, shipment=Shipment({1: 2}, "cellar")).lines
    rest = move(part, T.PARTIALLY_SHIPPED, T.SHIPPED, LATER, shipment=Shipment(None, "north")).lines
    assert [line.locations for line in rest] == [(AtLocation("cellar", 2), AtLocation("north", 3)), ()]
    named = {1: (AtLocation("cellar", 0, 2, 1),)}
    some = Decision(StockDecision.LINES, {1: 3}, {1: 1}, locations=named)
    back = move(rest, T.SHIPPED, T.RETURNED, LATER, some).lines
    assert back[0].locations == (AtLocation("cellar", 2, 2, 1), AtLocation("north", 3))
    whole = Decision(StockDecision.SCRAP, location="north")
    (all_back, service) = move(back, T.RETURNED, T.REFUNDED, LATER, whole).lines
    assert all_back.locations == (AtLocation("cellar", 2, 2, 1), AtLocation("north", 3, 2, 2))
    assert (all_back.restocked, all_back.scrapped, service.locations) == (5, 3, ())
    again = move((all_back,), T.REFUNDED, T.SHIPPED, LATER, Decision(StockDecision.ALL)).lines
    assert again[0].locations == all_back.locations


@pytest.mark.parametrize(
    ("origin", "target", "decision"),
    [
        (T.RETURNED, T.SHIPPED, Decision(StockDecision.ALL, location="cellar")),
        (T.RETURNED, T.SHIPPED, Decision(StockDecision.LINES, {1: 1}, locations={1: CELLAR})),
        (T.SHIPPED, T.RETURNED, Decision(StockDecision.LINES, {2: 1}, locations={2: CELLAR})),
    ],
    ids=["all, on the way out", "some, on the way out", "a service"],
)
def test_what_does_not_come_back_is_at_no_location(origin: T, target: T, decision: Decision) -> None:
    lines = place((Line(1, 3), Line(2, 1, stocked=False)), T.RECEIVED, PLACED)
    shipped = move(lines, T.RECEIVED, T.SHIPPED, LATER).lines
    with pytest.raises(QuantityError):
        move(shipped, origin, target, LATER, decision)
