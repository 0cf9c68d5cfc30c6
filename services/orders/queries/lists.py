"""The list of orders: filters, newest first, keyset pages.

The key is (placed_at, id), so a page costs the same however far it is, and an order that arrives while somebody turns
pages moves nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.orders.domain.code import parse_code
from services.orders.queries.records import OrderRecord, complete, record_of
from services.orders.tables import lines, orders, parcels


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list may be narrowed by; None means any."""

    settled: bool | None = None
    status: str | None = None
    type: str | None = None
    channel: str | None = None
    code: str | None = None
    external_id: str | None = None
    payment: str | None = None
    stock: str | None = None
    invoice: str | None = None
    q: str | None = None
    """One box over code, name, e-mail, external id, tracking number and SKU."""


Key = tuple[datetime, str]


async def list_orders(
    conn: AsyncConnection, shop: str, filters: Filters, limit: int, after: Key | None
) -> tuple[list[OrderRecord], int]:
    """Up to `limit` + 1 orders, so that the caller sees whether there is a next page, and how many match in all."""
    matching = [orders.c.shop == shop, orders.c.deleted_at.is_(None), *_conditions(filters)]
    total = (await conn.execute(select(func.count()).select_from(orders).where(*matching))).scalar_one()
    if after is not None:
        matching.append(tuple_(orders.c.placed_at, orders.c.id) < tuple_(*after))
    statement = select(*orders.c).where(*matching).order_by(orders.c.placed_at.desc(), orders.c.id.desc())
    rows = await conn.execute(statement.limit(limit + 1))
    return await complete(conn, [record_of(row) for row in rows]), total


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name in ("settled", "status", "type", "channel", "external_id", "payment", "stock", "invoice"):
        value = getattr(filters, name)
        if value is not None:
            found.append(orders.c[name] == value)
    if filters.code is not None:
        found.append(orders.c.code == (parse_code(filters.code) or filters.code))
    if filters.q:
        found.append(_anywhere(filters.q.strip()))
    return found


def _anywhere(words: str) -> ColumnElement[bool]:
    """Exact where a code is exact, a prefix elsewhere, anywhere in a name."""
    code = parse_code(words)
    if code is not None:
        return orders.c.code == code
    start = _escaped(words.lower()) + "%"
    name = func.lower(orders.c.customer["name"].as_string())
    return or_(
        orders.c.email.like(start, escape="\\"),
        name.like(f"%{start}", escape="\\"),
        func.lower(orders.c.external_id).like(start, escape="\\"),
        orders.c.code.like(_escaped(words.upper()) + "%", escape="\\"),
        exists().where(and_(lines.c.order_id == orders.c.id, lines.c.sku == words)),
        exists().where(and_(parcels.c.order_id == orders.c.id, parcels.c.tracking_number == words)),
    )


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
