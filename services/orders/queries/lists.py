"""The list of orders: any filters, four ways to sort, keyset pages, and what a filtered set comes to.

The key is (what is sorted by, id), so a page costs the same however far it is, and an order that arrives while somebody
turns pages moves nothing. `search_filters` says what each filter asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.records import OrderRecord, complete, record_of
from services.orders.queries.search_filters import Filters, matching
from services.orders.queries.search_terms import Narrowed
from services.orders.tables import lines, orders
from shared.database import among

COUNTED = 1_000
"""How far a page counts its total; `count_orders` counts everything."""
WALKED = 4_000
"""How many orders a page asks for a common word, to count them."""

SORTS = {
    "placed_at": orders.c.placed_at,
    "total": orders.c.gross,
    "updated": orders.c.updated_at,
    "code": orders.c.code,
}


@dataclass(frozen=True, slots=True)
class Sort:
    """By which of `SORTS`, and which end first."""

    name: str = "placed_at"
    descending: bool = True

    def value_of(self, record: OrderRecord) -> Any:
        """What the order is sorted by."""
        return getattr(record, SORTS[self.name].name)


Key = tuple[Any, str]
"""Where a page begins: the last order's value of the sort, and its id."""


@dataclass(frozen=True, slots=True)
class Found:
    """Up to one order more than asked for, and how many there are: exactly so only where `exact`."""

    records: list[OrderRecord]
    total: int
    exact: bool


async def list_orders(
    conn: AsyncConnection, shop: str, filters: Filters, sort: Sort, limit: int, after: Key | None
) -> Found:
    """Up to `limit` + 1 orders, so that the caller sees whether there is a next page; the total up to `COUNTED`.

    Both walk along the same index, the page further on; the first page was seen while counting.
    """
    asked = await matching(conn, shop, filters)
    total, exact, first = await _total(conn, asked, sort)
    if after is None and first is not None:
        statement = page_statement([among(orders.c.id, first[: limit + 1])], sort, None)
    else:
        statement = page_statement((*asked.few, *asked.probes), sort, after).limit(limit + 1)
    records = [record_of(row) for row in await conn.execute(statement)]
    return Found(await complete(conn, records), total, exact)


async def next_orders(
    conn: AsyncConnection, shop: str, filters: Filters, sort: Sort, limit: int, after: Key | None
) -> list[OrderRecord]:
    """The next so many orders of a list that is walked to its end; nothing is counted."""
    asked = await matching(conn, shop, filters)
    statement = page_statement((*asked.few, *asked.probes), sort, after).limit(limit)
    return await complete(conn, [record_of(row) for row in await conn.execute(statement)])


async def count_rows(conn: AsyncConnection, shop: str, filters: Filters, *, lines_too: bool, limit: int) -> int:
    """How many orders the list has, or how many lines they have, counted up to `limit`."""
    asked = await matching(conn, shop, filters)
    found = select(literal(1)).select_from(orders).where(*asked.few, *asked.probes)
    if lines_too:
        found = found.join(lines, lines.c.order_id == orders.c.id)
    return int((await conn.execute(select(func.count()).select_from(found.limit(limit).subquery()))).scalar_one())


async def _total(conn: AsyncConnection, asked: Narrowed, sort: Sort) -> tuple[int, bool, Sequence[str] | None]:
    """How many there are, up to `COUNTED`, whether that is all, and the ids that were counted.

    Of orders with a common word only the first `WALKED` are looked at, and no ids are told.
    """
    walked = page_statement(asked.few, sort, None).with_only_columns(orders.c.id)
    if not asked.probes:
        ids = (await conn.execute(walked.limit(COUNTED + 1))).scalars().all()
        return min(len(ids), COUNTED), len(ids) <= COUNTED, ids
    has_all = and_(*asked.probes).label("has_all")
    first = walked.add_columns(has_all).limit(WALKED + 1).subquery()
    counts = select(func.count(), func.count().filter(first.c.has_all)).select_from(first)
    seen, total = (await conn.execute(counts)).one()
    return min(total, COUNTED), seen <= WALKED and total <= COUNTED, None


def page_statement(conditions: Sequence[ColumnElement[bool]], sort: Sort, after: Key | None) -> Select[Any]:
    """The page that begins behind `after`."""
    column = SORTS[sort.name]
    statement = select(*orders.c).where(*conditions)
    if after is not None:
        statement = statement.where(_behind(column, sort, after))
    if sort.descending:
        return statement.order_by(column.desc(), orders.c.id.desc())
    return statement.order_by(column, orders.c.id)


def _behind(column: ColumnElement[Any], sort: Sort, after: Key) -> ColumnElement[bool]:
    """A comparison of pairs, with which an index begins at the very order."""
    here = tuple_(column, orders.c.id)
    place = tuple_(literal(after[0], column.type), literal(after[1], orders.c.id.type))
    return here < place if sort.descending else here > place


async def count_orders(conn: AsyncConnection, shop: str, filters: Filters) -> list[dict[str, Any]]:
    """The filtered set by status and currency: how many orders, and their sums in minor units."""
    asked = await matching(conn, shop, filters)
    by = (orders.c.status, orders.c.type, orders.c.currency)
    sums = (func.sum(orders.c[name]).label(name) for name in ("net", "tax", "gross", "paid"))
    statement = select(*by, func.count().label("orders"), *sums).where(*asked.few, *asked.members)
    rows = await conn.execute(statement.group_by(*by).order_by(*by))
    return [{name: _whole(value) for name, value in row._mapping.items()} for row in rows]


def _whole(value: Any) -> Any:
    """PostgreSQL sums whole numbers to a decimal."""
    return value if isinstance(value, str) else int(value)
