"""A shop's news for its client space: all of them for the seller, those in force and in the client's language there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.documents import moment
from services.orders.tables import news
from shared.problems import NotFound


@dataclass(frozen=True, slots=True)
class NewsRecord:
    """News; `texts` has a title and a body by language."""

    id: str
    shop: str
    texts: dict[str, dict[str, str]]
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def list_news(conn: AsyncConnection, shop: str) -> list[NewsRecord]:
    """All of a shop, the newest first."""
    statement = select(news).where(news.c.shop == shop).order_by(news.c.id.desc())
    return [NewsRecord(**row._mapping) for row in await conn.execute(statement)]


async def find_news(conn: AsyncConnection, shop: str, id_: str) -> NewsRecord:
    """One of them. Raises `NotFound`."""
    row = (await conn.execute(select(news).where(news.c.shop == shop, news.c.id == id_))).one_or_none()
    if row is None:
        raise NotFound(f"The shop has no news {id_}.")
    return NewsRecord(**row._mapping)


async def news_for(conn: AsyncConnection, shop: str, languages: Sequence[str], now: datetime) -> list[dict[str, Any]]:
    """What is in force now, the newest first, each in the first of these languages that it has; others are left out."""
    begun = or_(news.c.starts_at.is_(None), news.c.starts_at <= now)
    unended = or_(news.c.ends_at.is_(None), news.c.ends_at > now)
    statement = select(news).where(news.c.shop == shop, begun, unended).order_by(news.c.id.desc())
    found = []
    for row in await conn.execute(statement):
        language = next((choice for choice in languages if choice in row.texts), None)
        if language is not None:
            since = moment(row.starts_at or row.created_at)
            found.append({"id": row.id, "since": since, "language": language, **row.texts[language]})
    return found


def news_document(record: NewsRecord) -> dict[str, Any]:
    """News as the seller sees them."""
    return {
        "id": record.id,
        "texts": record.texts,
        "starts_at": None if record.starts_at is None else moment(record.starts_at),
        "ends_at": None if record.ends_at is None else moment(record.ends_at),
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
    }
