"""Automatic changes: once per cause, five in a row, and only on an answer to the present version."""

import pytest

from services.orders.domain.rules import LIMIT, OnShort, Ruling, ruling, short_cancels, term_expires
from services.orders.domain.types import StatusType


def test_a_rule_acts_once_per_cause() -> None:
    assert ruling(used=False, automatic=0) is Ruling.APPLY
    assert ruling(used=True, automatic=0) is Ruling.SKIP


def test_after_five_changes_a_person_is_warned() -> None:
    assert ruling(used=False, automatic=LIMIT - 1) is Ruling.APPLY
    assert ruling(used=False, automatic=LIMIT) is Ruling.WARN


@pytest.mark.parametrize("stock", ["short", "partly"])
def test_short_order_is_cancelled_for_a_buyer_who_wants_all(stock: str) -> None:
    assert short_cancels(OnShort.CANCEL, StatusType.RECEIVED, stock, heard=3, version=3)
    assert not short_cancels(OnShort.WAIT, StatusType.RECEIVED, stock, heard=3, version=3)


def test_an_answer_to_an_older_version_cancels_nothing() -> None:
    assert not short_cancels(OnShort.CANCEL, StatusType.RECEIVED, "short", heard=2, version=3)


@pytest.mark.parametrize("type_", [StatusType.DRAFT, StatusType.PARTIALLY_SHIPPED, StatusType.CANCELLED])
def test_only_open_orders_are_cancelled_for_lack_of_stock(type_: StatusType) -> None:
    assert not short_cancels(OnShort.CANCEL, type_, "short", heard=1, version=1)


def test_reserved_order_is_not_cancelled() -> None:
    assert not short_cancels(OnShort.CANCEL, StatusType.RECEIVED, "reserved", heard=1, version=1)


@pytest.mark.parametrize(
    ("payment", "expires"), [("unpaid", True), ("failed", True), ("pending", False), ("paid", False)]
)
def test_term_does_not_expire_while_money_is_on_its_way(payment: str, expires: bool) -> None:
    assert term_expires(StatusType.AWAITING_PAYMENT, payment) is expires
    assert not term_expires(StatusType.RECEIVED, payment)
