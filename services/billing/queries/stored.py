"""The typeset documents of a shop with the hashes their bytes must have, a page at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import blobs, documents, papers, renderings


async def list_stored(conn: AsyncConnection, shop: str, limit: int, after: str) -> Sequence[Any]:
    """`document_id`, `number` (None of an order form), `sha256`, and `content` where the database has it."""
    statement = (
        select(renderings.c.document_id, documents.c.number, renderings.c.sha256, blobs.c.content)
        .join(documents, documents.c.id == renderings.c.document_id, isouter=True)
        .join(papers, papers.c.id == renderings.c.document_id, isouter=True)
        .join(blobs, blobs.c.sha256 == renderings.c.sha256, isouter=True)
        .where(or_(documents.c.shop == shop, papers.c.shop == shop))
        .where(renderings.c.sha256.is_not(None), renderings.c.document_id > after)
        .order_by(renderings.c.document_id)
        .limit(limit)
    )
    return (await conn.execute(statement)).all()


async def count_stored(conn: AsyncConnection, shop: str) -> int:
    """How many there are."""
    statement = (
        select(func.count())
        .select_from(renderings)
        .join(documents, documents.c.id == renderings.c.document_id, isouter=True)
        .join(papers, papers.c.id == renderings.c.document_id, isouter=True)
        .where(or_(documents.c.shop == shop, papers.c.shop == shop), renderings.c.sha256.is_not(None))
    )
    return int((await conn.execute(statement)).scalar_one())
