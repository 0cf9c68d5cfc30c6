"""The table of types, held against statuses.md and against the words of the messages."""

import pytest

from services.orders.domain.types import TYPES, Editable, Invoicing, Marketplace, StatusType, Turnover, tombstone_levels
from shared import contracts


def test_every_type_has_one_row() -> None:
    assert set(TYPES) == set(StatusType)
    assert len(StatusType) == 16


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(StatusType, contracts.StatusType), (Invoicing, contracts.Invoicing), (Marketplace, contracts.Marketplace)],
)
def test_words_are_those_of_the_messages(ours: type[StatusType], theirs: type[contracts.StatusType]) -> None:
    assert {word.value for word in ours} | {"other"} == {word.value for word in theirs} | {"other"}


def test_columns_of_the_table() -> None:
    """statuses.md, column by column: who holds, who pays, who counts, who may be edited."""
    by = StatusType
    open_types = {by.RECEIVED, by.AWAITING_PAYMENT, by.CONFIRMED, by.PROCESSING, by.READY, by.ON_HOLD, by.OTHER}
    assert {type_ for type_ in by if TYPES[type_].holds} == open_types | {by.PARTIALLY_SHIPPED}
    assert {type_ for type_ in by if TYPES[type_].payable} == {by.RECEIVED, by.AWAITING_PAYMENT}
    assert {type_ for type_ in by if TYPES[type_].turnover is Turnover.NO} == {by.DRAFT, by.CANCELLED}
    assert {type_ for type_ in by if TYPES[type_].turnover is Turnover.NET} == {by.RETURNED, by.REFUNDED}
    assert {type_ for type_ in by if TYPES[type_].editable is Editable.ALL} == open_types | {by.DRAFT}
    assert {type_ for type_ in by if TYPES[type_].editable is Editable.UNSHIPPED} == {by.PARTIALLY_SHIPPED}
    assert {type_ for type_ in by if TYPES[type_].invoicing is Invoicing.SHIPPED} == {by.COMPLETED, by.CLOSED}
    acknowledged = {type_ for type_ in by if TYPES[type_].marketplace is Marketplace.ACKNOWLEDGED}
    assert acknowledged == open_types - {by.AWAITING_PAYMENT, by.ON_HOLD}


@pytest.mark.parametrize("credit", [True, False])
def test_tombstone_credits_only_as_decided(credit: bool) -> None:
    levels = tombstone_levels(StatusType.SHIPPED, credit=credit, anything_shipped=True)
    assert levels.invoicing is (Invoicing.CREDIT if credit else Invoicing.NOTHING_NEW)
    assert levels.marketplace is Marketplace.NONE


def test_tombstone_of_an_unshipped_order_cancels_on_the_marketplace() -> None:
    levels = tombstone_levels(StatusType.RECEIVED, credit=False, anything_shipped=False)
    assert (levels.payable, levels.marketplace) == (False, Marketplace.CANCELLED)


def test_tombstone_of_a_cancelled_order_keeps_its_credit() -> None:
    levels = tombstone_levels(StatusType.CANCELLED, credit=False, anything_shipped=False)
    assert levels.invoicing is Invoicing.CREDIT
