"""The closings of a seller made again from its documents, and what does not agree. Neighbour: `proof`."""

from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import (
    GENESIS,
    DayFigures,
    Period,
    canonical,
    closing_content,
    link,
    periods_ending,
    perpetual_after,
)
from services.billing.queries.closings import day_figures
from services.billing.tables import closings, sellers


async def check_closings(conn: AsyncConnection, seller: str) -> tuple[int, list[dict[str, Any]]]:
    """How many there are, and the problems: a changed or missing one, or documents that no longer come to it."""
    own = (await conn.execute(select(sellers).where(sellers.c.id == seller))).one()
    statement = select(closings).where(closings.c.seller == seller).order_by(closings.c.n)
    rows = (await conn.execute(statement)).all()
    problems = _unchained(rows)
    if (len(rows), rows[-1].hash if rows else GENESIS) != (own.closings, own.closing_hash):
        text = f"the seller has {own.closings} closings, and {len(rows)} were found"
        problems.append(_problem("closings", text))
    if rows:
        figures = await day_figures(conn, seller, date.min, rows[-1].ends_on)
        problems += _disagreeing(seller, rows, figures)
    return len(rows), problems


def _unchained(rows: list[Row[Any]] | Any) -> list[dict[str, Any]]:
    head, found = GENESIS, []
    for place, row in enumerate(rows, 1):
        if row.n != place:
            found.append(_problem(_name(row), f"closing {place} is missing"))
        if row.prev_hash != head:
            found.append(_problem(_name(row), "does not follow the closing before it"))
        if link(row.prev_hash, "closings", row.n, row.content).hash != row.hash:
            found.append(_problem(_name(row), "the closing is not what was sealed"))
        head = row.hash
    return found


def _disagreeing(seller: str, rows: Any, figures: list[DayFigures]) -> list[dict[str, Any]]:
    """Closings that the documents of today do not come to."""
    by_day = {day: list(group) for day, group in groupby(figures, key=lambda one: one.day)}
    stored = {(row.period, row.ends_on): row for row in rows}
    perpetual: list[dict[str, Any]] = []
    n, found, day = 0, [], min((row.starts_on for row in rows if row.period == "day"), default=rows[0].starts_on)
    if any(earlier < day for earlier in by_day):
        found.append(_problem(day.isoformat(), "documents are dated before the first closing"))
    while day <= rows[-1].ends_on:
        perpetual = perpetual_after(perpetual, by_day.get(day, ()))
        for period in periods_ending(day):
            n += 1
            row = stored.get((period.name, period.ends_on))
            of_period = _between(by_day, period)
            if row is None:
                found.append(_problem(f"{period.name} {day.isoformat()}", "was not closed"))
            elif row.content != canonical(closing_content(seller, n, period, of_period, perpetual)):
                found.append(_problem(_name(row), "the documents do not come to what was closed"))
        day += timedelta(days=1)
    return found


def _between(by_day: dict[date, list[DayFigures]], period: Period) -> list[DayFigures]:
    days = (period.ends_on - period.starts_on).days + 1
    return [one for number in range(days) for one in by_day.get(period.starts_on + timedelta(days=number), ())]


def _name(row: Row[Any]) -> str:
    return f"{row.period} {row.ends_on.isoformat()}"


def _problem(name: str, text: str) -> dict[str, Any]:
    return {"document": None, "number": name, "part": "closing", "problem": text}
