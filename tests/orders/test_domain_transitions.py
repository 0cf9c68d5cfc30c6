"""All 16 x 16 pairs in both profiles, against statuses.md's table written out by hand."""

import itertools

import pytest

from services.orders.domain.transitions import (
    Direction,
    Profile,
    Verdict,
    deletion_questions,
    direction,
    questions,
    verdict,
)
from services.orders.domain.types import StatusType

# Rows: from; columns: to, both in the order of StatusType. F free, C confirm, - refused.
#     dra rec awa con pro rea onh oth par shi del com clo can ret ref
TABLE = """
draft             F F F F F C C C - C C C - F - -
received          - F F F F F F F F F F F C F - C
awaiting_payment  - F F F F F F F F F F F C F - C
confirmed         - F F F F F F F F F F F C F - C
processing        - F F F F F F F F F F F C F - C
ready             - F F F F F F F F F F F C F - C
on_hold           - F F F F F F F F F F F C F - C
other             - F F F F F F F F F F F C F - C
partially_shipped - C C C C C F C F F F F F C C C
shipped           - C C C C C F C C F F F F C C C
delivered         - C C C C C F C C C F F F C C C
completed         - C C C C C F C C C C F F C C C
closed            - C C C C C F C C C C C F C C C
cancelled         - C C C C C C C - C C C C F C C
returned          - C C C C C C C - C C C C C F C
refunded          - C C C C C C C - C C C C C C F
"""
LETTERS = {"F": Verdict.FREE, "C": Verdict.CONFIRM, "-": Verdict.REFUSED}
EXPECTED = {
    (StatusType(row.split()[0]), target): LETTERS[letter]
    for row in TABLE.strip().splitlines()
    for target, letter in zip(StatusType, row.split()[1:], strict=True)
}
PAIRS = list(itertools.product(StatusType, repeat=2))


@pytest.mark.parametrize(("origin", "target"), PAIRS, ids=lambda type_: str(type_))
def test_open_profile_follows_the_table(origin: StatusType, target: StatusType) -> None:
    assert verdict(origin, target) is EXPECTED[origin, target]


@pytest.mark.parametrize(("origin", "target"), PAIRS, ids=lambda type_: str(type_))
def test_strict_profile_only_takes_away(origin: StatusType, target: StatusType) -> None:
    strict = verdict(origin, target, Profile.STRICT, manager=True)
    assert strict in (Verdict.REFUSED, EXPECTED[origin, target])


@pytest.mark.parametrize(
    ("origin", "target", "expected"),
    [
        (StatusType.READY, StatusType.RECEIVED, Verdict.REFUSED),
        (StatusType.SHIPPED, StatusType.PROCESSING, Verdict.REFUSED),
        (StatusType.COMPLETED, StatusType.SHIPPED, Verdict.REFUSED),
        (StatusType.RECEIVED, StatusType.SHIPPED, Verdict.FREE),
        (StatusType.PROCESSING, StatusType.ON_HOLD, Verdict.FREE),
        (StatusType.ON_HOLD, StatusType.PROCESSING, Verdict.FREE),
        (StatusType.SHIPPED, StatusType.RETURNED, Verdict.CONFIRM),
        (StatusType.SHIPPED, StatusType.SHIPPED, Verdict.FREE),
        (StatusType.CANCELLED, StatusType.RECEIVED, Verdict.REFUSED),
    ],
)
def test_strict_profile_goes_forward_only(origin: StatusType, target: StatusType, expected: Verdict) -> None:
    assert verdict(origin, target, Profile.STRICT) is expected


def test_strict_profile_lets_a_manager_revive() -> None:
    assert verdict(StatusType.CANCELLED, StatusType.RECEIVED, Profile.STRICT, manager=True) is Verdict.CONFIRM


def test_nothing_becomes_a_draft_again() -> None:
    for origin in StatusType:
        found = verdict(origin, StatusType.DRAFT)
        assert found is (Verdict.FREE if origin is StatusType.DRAFT else Verdict.REFUSED)


def test_every_confirm_asks_about_stock() -> None:
    for (origin, target), expected in EXPECTED.items():
        if expected is Verdict.CONFIRM:
            assert [question.name for question in questions(origin, target) if question.required] == ["stock"]


@pytest.mark.parametrize(
    ("origin", "target", "expected"),
    [
        (StatusType.CANCELLED, StatusType.RECEIVED, Direction.TAKE),
        (StatusType.DRAFT, StatusType.SHIPPED, Direction.TAKE),
        (StatusType.CLOSED, StatusType.SHIPPED, Direction.TAKE),
        (StatusType.COMPLETED, StatusType.SHIPPED, Direction.TAKE),
        (StatusType.RECEIVED, StatusType.SHIPPED, Direction.TAKE),
        (StatusType.SHIPPED, StatusType.CANCELLED, Direction.RELEASE),
        (StatusType.CANCELLED, StatusType.RETURNED, Direction.RELEASE),
        (StatusType.SHIPPED, StatusType.PROCESSING, Direction.STAY),
    ],
)
def test_direction_gives_the_words_their_meaning(origin: StatusType, target: StatusType, expected: Direction) -> None:
    assert direction(origin, target) is expected


def test_deletion_asks_for_a_credit_only_when_invoiced() -> None:
    assert [question.name for question in deletion_questions(invoiced=False)] == ["stock"]
    assert [question.name for question in deletion_questions(invoiced=True)] == ["stock", "credit"]
