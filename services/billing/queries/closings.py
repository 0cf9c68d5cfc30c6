"""What closings are made of and compared with, the documents of a seller by day; closings as a shop is told them."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import DayFigures
from services.billing.tables import closings, documents, sellers, shop_sellers
from shared.contracts import DocumentKind
from shared.money import Amounts

_sign = case((documents.c.kind == str(DocumentKind.CREDIT_NOTE), -1), else_=1)


async def list_sellers(conn: AsyncConnection) -> list[str]:
    """All sellers."""
    return list((await conn.execute(select(sellers.c.id).order_by(sellers.c.id))).scalars())


async def day_figures(conn: AsyncConnection, seller: str, first: date, last: date) -> list[DayFigures]:
    """By day, shop, series and currency; days without a document have none."""
    own = documents.c.seller == seller, documents.c.issued_on.between(first, last)
    group = tuple(documents.c[name] for name in ("issued_on", "shop", "series", "year", "currency"))
    sums = (
        select(
            *group,
            func.count().label("documents"),
            func.max(documents.c.n).label("last"),
            *(func.sum(_sign * documents.c[name]).label(name) for name in ("net", "tax", "gross")),
        )
        .where(*own)
        .group_by(*group)
        .subquery()
    )
    head = (
        (documents.c.seller == seller)
        & (documents.c.series == sums.c.series)
        & (documents.c.year == sums.c.year)
        & (documents.c.n == sums.c.last)
    )
    statement = select(sums, documents.c.hash).join(documents, head)
    statement = statement.order_by(sums.c.issued_on, sums.c.shop, sums.c.series, sums.c.year, sums.c.currency)
    return [_figures(row) for row in await conn.execute(statement)]


def _figures(row: Row[Any]) -> DayFigures:
    amounts = Amounts(int(row.net), int(row.tax), int(row.gross))
    series = f"{row.series}{row.year}"
    return DayFigures(row.issued_on, row.shop, series, row.currency, row.documents, row.last, row.hash, amounts)


async def list_closings(
    conn: AsyncConnection, shop: str, period: str | None, limit: int, before: int | None
) -> tuple[list[dict[str, Any]], int]:
    """The closings of a shop's seller, the newest first: one more than `limit`, and how many there are."""
    seller = select(shop_sellers.c.seller).where(shop_sellers.c.shop == shop).scalar_subquery()
    own = [closings.c.seller == seller, *([closings.c.period == period] if period else [])]
    statement = select(closings).where(*own).order_by(closings.c.n.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(closings.c.n < before)
    rows = (await conn.execute(statement)).mappings().all()
    total = (await conn.execute(select(func.count()).select_from(closings).where(*own))).scalar_one()
    return [_view(shop, row) for row in rows], total


def _view(shop: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    """A closing without what other shops of the seller came to."""
    content: dict[str, Any] = json.loads(row["content"])
    parts = {name: [one for one in content[name] if one["shop"] == shop] for name in ("totals", "perpetual")}
    at = {"closed_at": row["closed_at"].isoformat()}
    return content | parts | at | {"prev_hash": row["prev_hash"], "hash": row["hash"]}
