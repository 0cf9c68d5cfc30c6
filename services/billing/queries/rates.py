"""Exchange rates that a shop entered, and the orders whose documents wait for one."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.euros import PUBLISHED_WITHIN
from services.billing.domain.rates import Rate
from services.billing.tables import accounts, exchange_rates
from shared.contracts import Order

RateKey = tuple[str, str, date]
"""Shop, currency, and the day in the shop's zone."""


async def rates_of(conn: AsyncConnection, wanted: Collection[RateKey]) -> dict[RateKey, Rate]:
    """The rate of each day, else the last one published within the days before it; those that are known."""
    if not wanted:
        return {}
    c = exchange_rates.c
    near = [
        (c.shop == shop) & (c.currency == currency) & c.day.between(day - PUBLISHED_WITHIN, day)
        for shop, currency, day in wanted
    ]
    rows = (await conn.execute(select(exchange_rates).where(or_(*near)).order_by(c.day))).all()
    return {
        (shop, currency, day): Rate(Decimal(row.rate), row.day, row.source)
        for shop, currency, day in wanted
        for row in rows
        if (row.shop, row.currency) == (shop, currency) and day - PUBLISHED_WITHIN <= row.day <= day
    }


async def list_rates(
    conn: AsyncConnection, shop: str, currency: str | None, limit: int, after: tuple[date, str] | None
) -> tuple[list[dict[str, Any]], int]:
    """A shop's rates, the newest day first: one more than `limit`, and how many there are."""
    c = exchange_rates.c
    own = c.shop == shop if currency is None else (c.shop == shop) & (c.currency == currency)
    page = select(exchange_rates).where(own).order_by(c.day.desc(), c.currency.desc()).limit(limit + 1)
    if after is not None:
        day, code = after
        page = page.where(or_(c.day < day, and_(c.day == day, c.currency < code)))
    rows = (await conn.execute(page)).mappings().all()
    total = (await conn.execute(select(func.count()).select_from(exchange_rates).where(own))).scalar_one()
    return [rate_view(dict(row)) for row in rows], total


async def list_missing(
    conn: AsyncConnection, shop: str, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], list[str], int]:
    """A shop's orders that wait for a rate, the oldest first: one more than `limit`, their ids, how many there are."""
    c = accounts.c
    own = (c.shop == shop) & c.rate_missing.is_not(None)
    page = select(c.order_id, c.code, c.rate_missing, c.body).where(own).order_by(c.order_id).limit(limit + 1)
    rows = (await conn.execute(page if after is None else page.where(c.order_id > after))).all()
    total = (await conn.execute(select(func.count()).select_from(accounts).where(own))).scalar_one()
    items = [
        {"order": row.code, "currency": row.rate_missing, "placed_at": Order.decode(row.body).placed_at.isoformat()}
        for row in rows
    ]
    return items, [row.order_id for row in rows], total


def rate_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """As the API shows a rate."""
    return {
        "currency": row["currency"],
        "day": row["day"].isoformat(),
        "rate": row["rate"],
        "source": row["source"],
        "by": row["actor"],
        "at": row["recorded_at"].isoformat(),
    }
