"""The typeset documents of a shop with the hashes their bytes must have, a page at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Subquery, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import blobs, documents, papers, renderings


async def list_stored(conn: AsyncConnection, shop: str, limit: int, after: str) -> Sequence[Any]:
    """`document_id`, `number` (None of an order form), `sha256`, and `content` where the database has it."""
    own = _documents_of(shop, after)
    statement = (
        select(renderings.c.document_id, own.c.number, renderings.c.sha256, blobs.c.content)
        .join(own, own.c.id == renderings.c.document_id)
        .join(blobs, blobs.c.sha256 == renderings.c.sha256, isouter=True)
        .where(renderings.c.sha256.is_not(None))
        .order_by(own.c.id)
        .limit(limit)
    )
    return (await conn.execute(statement)).all()


async def count_stored(conn: AsyncConnection, shop: str) -> int:
    """How many there are."""
    own = _documents_of(shop)
    rendered = renderings.join(own, own.c.id == renderings.c.document_id)
    statement = select(func.count()).select_from(rendered).where(renderings.c.sha256.is_not(None))
    return int((await conn.execute(statement)).scalar_one())


def _documents_of(shop: str, after: str = "") -> Subquery:
    """A shop's documents and order forms behind an id, each kind from its own index."""
    issued = select(documents.c.id, documents.c.number).where(documents.c.shop == shop, documents.c.id > after)
    forms = select(papers.c.id, null()).where(papers.c.shop == shop, papers.c.id > after)
    return union_all(issued, forms).subquery()
