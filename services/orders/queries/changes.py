"""Which orders changed lately, deleted ones too: what open pages are told, and what they are told again.

The times are those of the transactions that made the changes, so an order that was committed late has a place among
those that were seen before it; whoever reads on from a time looks back a little (`api.feed`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import orders
from shared.database import among

Place = tuple[datetime, str]
"""Time and id of the last order of a page."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An order as it now is, as far as a page needs it to know whether to look again."""

    id: str
    shop: str
    code: str
    revision: int
    status: str
    deleted: bool
    created_at: datetime
    updated_at: datetime

    @property
    def place(self) -> Place:
        return self.updated_at, self.id


_NAMES = ("id", "shop", "code", "revision", "status", "created_at", "updated_at")
_CHANGED: Select[Any] = select(*(orders.c[name] for name in _NAMES), orders.c.deleted_at.is_not(None).label("deleted"))


async def find_changed(conn: AsyncConnection, ids: Sequence[str]) -> list[Changed]:
    """These orders, of whatever shop."""
    rows = await conn.execute(_CHANGED.where(among(orders.c.id, ids)))
    return [_changed(row) for row in rows]


async def changed_since(
    conn: AsyncConnection, shop: str, since: datetime, after: Place | None, limit: int
) -> list[Changed]:
    """Orders of the shop that changed since then, the longest ago first; behind `after` where a page came before."""
    place = tuple_(orders.c.updated_at, orders.c.id)
    behind = (
        orders.c.updated_at >= since
        if after is None
        else place > tuple_(literal(after[0], orders.c.updated_at.type), literal(after[1], orders.c.id.type))
    )
    found: list[Changed] = []
    # Two walks, since living and deleted orders have an index each.
    for which in (orders.c.deleted_at.is_(None), orders.c.deleted_at.is_not(None)):
        statement = _CHANGED.where(orders.c.shop == shop, which, behind).order_by(*place.clauses).limit(limit)
        found += [_changed(row) for row in await conn.execute(statement)]
    return sorted(found, key=lambda changed: changed.place)[:limit]


def _changed(row: Any) -> Changed:
    return Changed(**row._asdict() | {"deleted": bool(row.deleted)})
