"""Who did what to an order, and when: every command left an entry; and the internal notes, for operators alone."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.documents import moment
from services.orders.queries.records import EntryRecord, OrderRecord, entry_of
from services.orders.tables import entries, order_notes

_FACTS = ("stock", "payment", "invoice")
"""Kinds of entries that answers of other services made, not commands."""


async def order_log(conn: AsyncConnection, record: OrderRecord) -> list[dict[str, Any]]:
    """The commands, oldest first; `changes` has the values before and after, by field."""
    statement = select(entries).where(entries.c.order_id == record.id, entries.c.kind.not_in(_FACTS))
    return [_logged(entry_of(row)) for row in await conn.execute(statement.order_by(entries.c.id))]


async def order_notes_of(conn: AsyncConnection, record: OrderRecord) -> list[dict[str, Any]]:
    """The internal notes, newest first."""
    statement = select(order_notes).where(order_notes.c.order_id == record.id).order_by(order_notes.c.id.desc())
    return [
        {"id": row.id, "at": moment(row.at), "author": row.author, "text": row.text}
        for row in await conn.execute(statement)
    ]


def _logged(entry: EntryRecord) -> dict[str, Any]:
    texts = {"texts": entry.words} if entry.words else {}
    return texts | {
        "id": entry.id,
        "at": moment(entry.at),
        "who": entry.actor,
        "what": entry.kind,
        "text": entry.text,
        "status": entry.status,
        "rule": entry.rule,
        "version": entry.version,
        "changes": entry.changes or {},
    }
