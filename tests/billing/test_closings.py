"""Days that are over are closed: what they came to is sealed, and nothing is dated on them any more."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from services.billing.jobs import close_past_days
from shared.contracts import Invoicing
from tests.billing.builders import line
from tests.billing.driver import Driver, order
from tests.billing.tampering import change, problems, tamper


async def close(billing: Driver) -> list[dict[str, Any]]:
    """Close what is over; all closings, the oldest first."""
    await close_past_days(billing.service.outbox)
    found: list[dict[str, Any]] = (await billing.get("closings", limit=200))["items"]
    return found[::-1]


async def some_days(billing: Driver) -> None:
    """Two invoices on the 30th of November, one of them credited on the 2nd of December."""
    billing.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(2, 1, line(quantity=2, shipped=2, rate="5.5")))
    billing.clock.advance(days=2)
    await billing.hear(order(1, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    billing.clock.advance(days=1)


async def test_nothing_is_closed_before_the_day_is_over_where_the_shop_is(billing: Driver) -> None:
    billing.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    await billing.hear(order(1, 1, line(shipped=1)))
    billing.clock.now = datetime(2026, 11, 30, 22, 59, tzinfo=UTC)
    assert await close(billing) == []
    billing.clock.now = datetime(2026, 11, 30, 23, 1, tzinfo=UTC)  # 00:01 in Paris
    assert [(one["period"], one["ends_on"]) for one in await close(billing)] == [
        ("day", "2026-11-30"),
        ("month", "2026-11-30"),
    ]


async def test_a_day_says_what_it_came_to_and_what_ever_was(billing: Driver) -> None:
    await some_days(billing)
    found = await close(billing)
    assert [(one["n"], one["period"], one["ends_on"]) for one in found] == [
        (1, "day", "2026-11-30"),
        (2, "month", "2026-11-30"),
        (3, "day", "2026-12-01"),
        (4, "day", "2026-12-02"),
    ]
    first, month, empty, last = found
    invoiced = {"shop": "demo", "currency": "EUR", "net": "32.75", "tax": "3.25", "gross": "36.00"}
    assert first["totals"] == month["totals"] == [invoiced | {"series": "FA2026", "documents": 2}]
    head = {row.number: row.hash for row in await billing.rows("documents")}
    assert first["heads"] == [{"series": "FA2026", "last": 2, "hash": head["FA2026-00002"]}]
    assert (empty["totals"], empty["perpetual"]) == ([], [invoiced])
    assert last["totals"][0]["gross"] == "-12.00"
    assert last["perpetual"] == [invoiced | {"net": "22.75", "tax": "1.25", "gross": "24.00"}]
    assert (await billing.get("verify"))["closings"] == 4
    assert await close(billing) == found


async def test_a_year_closes_with_its_last_day(billing: Driver) -> None:
    await some_days(billing)
    billing.clock.now = datetime(2027, 1, 5, 12, tzinfo=UTC)
    found = await close(billing)
    assert [(one["period"], one["ends_on"]) for one in found if one["period"] != "day"] == [
        ("month", "2026-11-30"),
        ("month", "2026-12-31"),
        ("year", "2026-12-31"),
    ]
    year = next(one for one in found if one["period"] == "year")
    assert [(one["series"], one["gross"]) for one in year["totals"]] == [("AV2026", "-12.00"), ("FA2026", "36.00")]
    assert await problems(billing) == set()


async def test_no_document_is_dated_on_a_closed_day(billing: Driver) -> None:
    """The clock goes back, behind a closing."""
    await some_days(billing)
    await close(billing)
    billing.clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    await billing.hear(order(3, 1, line(shipped=1)))
    assert (await billing.documents(3))[0]["issued_on"] == "2026-12-03"
    billing.clock.now = datetime(2026, 12, 5, 12, tzinfo=UTC)
    await close(billing)
    assert await problems(billing) == set()


async def test_a_shop_is_not_told_what_its_sister_sold(billing: Driver) -> None:
    await billing.open_shop(shop="outlet", key="outlet")
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(2, 1, line(quantity=3, shipped=3), shop="outlet"))
    billing.clock.advance(days=1)
    [day] = await close(billing)
    assert [one["gross"] for one in day["totals"] + day["perpetual"]] == ["12.00", "12.00"]
    assert day["heads"][0]["last"] == 2


@pytest.mark.parametrize("statement", ["DELETE FROM closings", "UPDATE closings SET n = n"])
async def test_a_closing_cannot_be_changed(billing: Driver, statement: str) -> None:
    await some_days(billing)
    await close(billing)
    with pytest.raises(DBAPIError, match="immutable"):
        await change(billing, statement)
    assert len(await billing.rows("closings")) == 4


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE closings SET content = REPLACE(content, '36.00', '35.00') WHERE n = 1",
            {
                ("day 2026-11-30", "the closing is not what was sealed"),
                ("day 2026-11-30", "the documents do not come to what was closed"),
            },
        ),
        (
            "DELETE FROM closings WHERE n = 4",
            {("closings", "the seller has 4 closings, and 3 were found")},
        ),
        (
            "DELETE FROM closings WHERE n = 3",
            {
                ("closings", "the seller has 4 closings, and 3 were found"),
                ("day 2026-12-02", "closing 3 is missing"),
                ("day 2026-12-02", "does not follow the closing before it"),
                ("day 2026-12-01", "was not closed"),
            },
        ),
    ],
)
async def test_a_changed_closing_is_found(billing: Driver, statement: str, found: set[tuple[str, str]]) -> None:
    await some_days(billing)
    await close(billing)
    await tamper(billing, statement)
    assert await problems(billing) == found


async def test_a_document_that_is_moved_to_another_day_is_found(billing: Driver) -> None:
    await some_days(billing)
    await close(billing)
    await tamper(billing, "UPDATE documents SET issued_on = '2026-12-01' WHERE number = 'FA2026-00002'")
    assert await problems(billing) == {
        ("FA2026-00002", "the columns do not say what was sealed"),
        *(
            (f"{period}", "the documents do not come to what was closed")
            for period in ("day 2026-11-30", "month 2026-11-30", "day 2026-12-01")
        ),
    }
