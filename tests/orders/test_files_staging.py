"""Staged rows come back as they were, orders whole, credits on the newest earlier line that has enough left."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.orders.files.deciding import Kind, Row
from services.orders.files.staging import Need, Staging

NOON = datetime(2010, 12, 1, 12, tzinfo=UTC)


def taken(line: int, order: str = "1", sku: str = "A", quantity: int = 1, customer: str = "7", minute: int = 0) -> Row:
    placed_at = NOON + timedelta(minutes=minute)
    return Row(Kind.TAKEN, line, order, sku, quantity, Decimal("1.50"), placed_at, customer, details={})


def credit(line: int, sku: str = "A", quantity: int = 1, customer: str = "7", minute: int = 0) -> Row:
    placed_at = NOON + timedelta(minutes=minute)
    return Row(Kind.CREDIT, line, "C1", sku, quantity, Decimal("1.50"), placed_at, customer, details={})


def staged(rows: Iterable[Row]) -> Staging:
    staging = Staging()
    staging.add((row, {}) for row in rows)
    staging.close_reading()
    return staging


def matched(rows: Iterable[Row]) -> dict[int, int | None]:
    """The line of each credit, by the credit's own line."""
    with staged(rows) as staging:
        return {found.row.line: found.of_line for found in staging.credits()}


def reference(rows: Sequence[Row]) -> dict[int, int | None]:
    """The rule in its plainest form: credits by time, each on the newest earlier line with enough left."""

    def moment(row: Row) -> tuple[datetime, int]:
        assert row.placed_at is not None
        return (row.placed_at, row.line)

    left = {row.line: row.quantity for row in rows if row.kind is Kind.TAKEN}
    found: dict[int, int | None] = {}
    for wanted in sorted((row for row in rows if row.kind is Kind.CREDIT), key=moment):
        fitting = [
            row
            for row in rows
            if row.kind is Kind.TAKEN
            and (row.customer, row.sku) == (wanted.customer, wanted.sku)
            and row.customer
            and moment(row) < moment(wanted)
            and left[row.line] >= wanted.quantity
        ]
        newest = max(fitting, key=moment, default=None)
        if newest is not None:
            left[newest.line] -= wanted.quantity
        found[wanted.line] = None if newest is None else newest.line
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    rows = []
    for line in range(2, draw(st.integers(2, 25)) + 2):
        sku, quantity = draw(st.sampled_from("Aa")), draw(st.integers(1, 4))
        customer = draw(st.sampled_from(["7", "8", ""]))
        minute = draw(st.integers(0, 5))  # not always in the order of the lines
        if draw(st.integers(0, 2)):
            rows.append(taken(line, "1", sku, quantity, customer, minute))
        else:
            rows.append(credit(line, sku, quantity, customer, minute))
    return rows


@given(histories())
def test_credits_find_the_line_that_the_rule_says(rows: list[Row]) -> None:
    assert matched(rows) == reference(rows)


def test_the_newest_line_comes_first_then_the_one_with_enough_left() -> None:
    rows = [
        taken(2, quantity=5, minute=1),
        taken(3, quantity=3, minute=2),
        credit(4, quantity=2, minute=3),
        credit(5, quantity=2, minute=3),
        credit(6, quantity=2, minute=3),
        credit(7, quantity=2, minute=3),
    ]
    assert matched(rows) == {4: 3, 5: 2, 6: 2, 7: None}


def test_another_customer_another_case_and_a_guest_are_not_credited() -> None:
    rows = [taken(2, quantity=9), taken(3, quantity=9, customer="")]
    credits = [credit(4, customer="8"), credit(5, sku="a"), credit(6, customer=""), credit(7)]
    assert matched([*rows, *credits]) == {4: None, 5: None, 6: None, 7: 2}


def test_an_order_is_whole_wherever_its_rows_stand() -> None:
    rows = [taken(2, "1"), taken(3, "2"), taken(4, "1", sku="a"), taken(5, "3"), taken(6, "2", sku="A")]
    with staged(rows) as staging:
        assert [(order, [row.line for row in found]) for order, found in staging.orders()] == [
            ("1", [2, 4]),
            ("2", [3, 6]),
            ("3", [5]),
        ]
        assert [row for _, found in staging.orders() for row in found] == [rows[0], rows[2], rows[1], rows[4], rows[3]]


def test_needs_are_added_up_by_sku() -> None:
    named = Row(
        Kind.TAKEN, 4, "3", "A", 5, Decimal(1), NOON, "7", details={"name": "WHITE HANGING HEART", "country": "France"}
    )
    service = Row(Kind.TAKEN, 5, "3", "POST", 1, Decimal(18), NOON, "7", is_stocked=False, details={})
    rejected = Row(Kind.REJECTED, 6, "3", reason="the price is 0, not above 0")
    with staged([taken(2), taken(3, sku="a", quantity=2), named, service, rejected, credit(7)]) as staging:
        assert list(staging.needs()) == [
            Need("A", "WHITE HANGING HEART", 6, True),
            Need("POST", "POST", 1, False),
            Need("a", "a", 2, True),
        ]
        assert (staging.count(Kind.TAKEN), staging.count(Kind.REJECTED), staging.count_orders()) == (4, 1, 2)


def test_needs_leave_out_what_has_left() -> None:
    def sold(line: int, number: str, status: str, shipped: str) -> Row:
        return Row(
            Kind.TAKEN, line, number, "A", 3, Decimal(1), NOON, "7", details={"status": status, "shipped": shipped}
        )

    rows = [sold(2, "1", "part", "2"), sold(3, "2", "sent", "3"), sold(4, "3", "new", "3")]
    with staged(rows) as staging:
        assert [need.quantity for need in staging.needs(["sent"], ["part"])] == [1 + 3]
        assert [need.quantity for need in staging.needs(["sent"])] == [3 + 3]


def test_a_refused_order_joins_the_rejects() -> None:
    with staged([taken(2), taken(3, "2"), taken(4)]) as staging:
        staging.reject_order("1", "the server says no")
        assert [(row.line, row.reason) for row, _ in staging.rejects()] == [
            (2, "the server says no"),
            (4, "the server says no"),
        ]
        assert staging.unknown_orders(["1", "2"]) == ["1"]
