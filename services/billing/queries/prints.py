"""Prints of many documents, as people ask for them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import prints
from shared.problems import NotFound


async def find_print(conn: AsyncConnection, shop: str, id_: str) -> dict[str, Any]:
    """How far it is: waiting, running, done or failed."""
    columns = [column for column in prints.c if column is not prints.c.content]
    row = (await conn.execute(select(*columns).where(prints.c.shop == shop, prints.c.id == id_))).one_or_none()
    if row is None:
        raise NotFound(f"There is no print {id_!r}.")
    return {
        "id": row.id,
        "state": row.state,
        "kind": row.asked["how"]["kind"],
        "done": row.done,
        "total": row.total,
        "progress": round(row.done / row.total, 3),
        "error": row.error,
        "by": row.actor,
        "created_at": row.created_at.isoformat(),
        "finished_at": row.finished_at and row.finished_at.isoformat(),
        "pdf": f"/api/v1/billing/prints/{row.id}/pdf" if row.state == "done" else None,
    }


async def find_print_result(conn: AsyncConnection, shop: str, id_: str) -> tuple[bytes | None, str | None]:
    """The PDF, or why there is none; both None while it is being made."""
    own = select(prints.c.content, prints.c.error).where(prints.c.shop == shop, prints.c.id == id_)
    row = (await conn.execute(own)).one_or_none()
    if row is None:
        raise NotFound(f"There is no print {id_!r}.")
    return row.content, row.error
