"""A shop's news for its client space: written, changed, taken back."""

from typing import Any

from sqlalchemy import delete, update

from services.orders.commands.inputs.account import NewsInput
from services.orders.queries.news import NewsRecord, find_news
from services.orders.tables import news
from shared.database import new_id
from shared.outbox import Transaction


async def create_news(tx: Transaction, shop: str, request: NewsInput) -> NewsRecord:
    """New ones, seen from their start on."""
    row = {"id": new_id(), "shop": shop, "created_at": tx.now, **_columns(tx, request)}
    await tx.execute(news.insert(), [row])
    return await find_news(tx.conn, shop, row["id"])


async def update_news(tx: Transaction, shop: str, id_: str, request: NewsInput) -> NewsRecord:
    """The news as they shall be. Raises `NotFound`."""
    await find_news(tx.conn, shop, id_)
    await tx.execute(update(news).where(news.c.id == id_).values(_columns(tx, request)))
    return await find_news(tx.conn, shop, id_)


async def delete_news(tx: Transaction, shop: str, id_: str) -> None:
    """Nobody sees them any more. Raises `NotFound`."""
    await find_news(tx.conn, shop, id_)
    await tx.execute(delete(news).where(news.c.id == id_))


def _columns(tx: Transaction, request: NewsInput) -> dict[str, Any]:
    texts = {language: text.model_dump() for language, text in request.texts.items()}
    return {"texts": texts, "starts_at": request.starts_at, "ends_at": request.ends_at, "updated_at": tx.now}
