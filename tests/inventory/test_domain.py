"""The allocation rules by examples one can check by hand."""

import pytest

from services.inventory.domain.stock import (
    NOTHING,
    Goods,
    LineState,
    Named,
    Reason,
    Stock,
    Waits,
    named_of,
    stock_fact,
    tranches_of,
)
from tests.inventory.warehouse import GIFT, WINE, Warehouse, at, held


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


def test_what_comes_back_unfit_serves_nobody() -> None:
    shop = Warehouse()
    shop.move(1)
    shop.hear(("a", 1, {1: held(0, 1, shipped=1)}), ("b", 1, {1: held(1, 2)}))
    shop.hear(("a", 2, {1: held(0, 1, shipped=1, restocked=1, scrapped=1)}))
    assert (shop.got("b"), shop.stocks[WINE].on_hand) == (0, 0)


def test_what_is_named_while_a_location_is_closed_is_refused_and_stays_so() -> None:
    first = named_of({"cellar": Goods(3, 1)}, (), {"main"})
    assert first == (Named("cellar", NOTHING, Goods(3, 1)),)
    opened = named_of({"cellar": Goods(3, 2)}, first, {"cellar"})
    assert opened == (Named("cellar", Goods(0, 1), Goods(3, 1)),)
    closed = named_of({"cellar": Goods(5, 2)}, opened, ())
    assert closed == (Named("cellar", Goods(0, 1), Goods(5, 1)),)
    state = held(0, 1, shipped=5, restocked=2)._replace(named=closed)
    assert state.unknown_locations == ("cellar",)
    assert state.goods == {"cellar": Goods(0, 1), None: Goods(5, 1)}


def test_a_return_heard_with_the_next_shipment_takes_the_line_s_own() -> None:
    """The message between them was lost: the shipped unit is the line's own, though as many units came back."""
    both = Warehouse()
    both.move(4)
    both.hear(("a", 1, {1: held(1, 1, shipped=2)}), ("b", 1, {1: held(1, 2)}))
    both.hear(("a", 3, {1: held(1, 1, shipped=3, restocked=1, scrapped=1)}))
    assert (both.got("a"), both.got("b"), both.stocks[WINE].on_hand) == (0, 1, 1)


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
