"""What reports read: the snapshots and the payments of a shop, day after day, a page at a time."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import AccountPlan
from services.billing.tables import account_plans, accounts, documents, payments

PAGE = 200

After = tuple[date, str] | None
"""The day and the id of the last document that was read."""


async def next_snapshots(
    conn: AsyncConnection, shop: str, first: date, last: date, after: After, *, free: bool = False
) -> tuple[list[tuple[datetime, dict[str, Any]]], After]:
    """The next documents issued between these days, both included, each with its moment; `free`: those of nothing.

    None as the key says that there are no more.
    """
    own = documents.c
    statement = select(own.snapshot, own.issued_on, own.issued_at, own.id)
    statement = statement.where(own.shop == shop, own.issued_on.between(first, last))
    if free:
        statement = statement.where(own.gross == 0)
    if after is not None:
        day, id_ = after
        statement = statement.where(or_(own.issued_on > day, and_(own.issued_on == day, own.id > id_)))
    rows = (await conn.execute(statement.order_by(own.issued_on, own.id).limit(PAGE))).all()
    key = (rows[-1].issued_on, rows[-1].id) if len(rows) == PAGE else None
    return [(row.issued_at, json.loads(row.snapshot)) for row in rows], key


async def next_payments(
    conn: AsyncConnection, shop: str, since: datetime, until: datetime, after: tuple[datetime, str] | None
) -> Sequence[Any]:
    """The next payments recorded from `since` on and before `until`, each with its order's code."""
    own = payments.c
    statement = (
        select(payments, accounts.c.code)
        .join(accounts, accounts.c.order_id == own.order_id)
        .where(own.shop == shop, own.recorded_at >= since, own.recorded_at < until)
    )
    if after is not None:
        moment, id_ = after
        statement = statement.where(or_(own.recorded_at > moment, and_(own.recorded_at == moment, own.id > id_)))
    return (await conn.execute(statement.order_by(own.recorded_at, own.id).limit(PAGE))).all()


async def count_payments(
    conn: AsyncConnection, shop: str, since: datetime, until: datetime, currency: str | None = None
) -> int:
    """How many there were, of one currency or of all."""
    own = payments.c
    statement = select(func.count()).where(own.shop == shop, own.recorded_at >= since, own.recorded_at < until)
    if currency is not None:
        statement = statement.where(own.currency == currency)
    return int((await conn.execute(statement)).scalar_one())


async def count_priced(conn: AsyncConnection, shop: str, first: date, before: date, currency: str) -> int:
    """How many documents of one currency come to something."""
    own = documents.c
    priced = (own.currency == currency) & (own.gross != 0)
    statement = select(func.count()).where(own.shop == shop, own.issued_on >= first, own.issued_on < before, priced)
    return int((await conn.execute(statement)).scalar_one())


async def find_plan(conn: AsyncConnection, shop: str) -> AccountPlan:
    """The accounts of a shop."""
    own = select(account_plans.c.body).where(account_plans.c.shop == shop)
    return AccountPlan(**((await conn.execute(own)).scalar_one_or_none() or {}))
