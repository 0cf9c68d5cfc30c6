"""The list of orders: any filters, four ways to sort, keyset pages, and what a filtered set comes to.

The key is (what is sorted by, id), so a page costs the same however far it is, and an order that arrives while somebody
turns pages moves nothing. `search_filters` says what each filter asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.records import OrderRecord, complete, record_of
from services.orders.queries.search_filters import Filters, matching
from services.orders.queries.search_terms import Narrowed
from services.orders.tables import lines, orders
from shared.database import among

COUNTED = 1_000
"""How far a page counts its total; `count_orders` counts everything."""

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
    counted = await _count(conn, asked, sort)
    first = counted.ids[: limit + 1] if after is None else []
    records: list[OrderRecord] = []
    if first:
        statement = page_statement([among(orders.c.id, first)], sort, None)
        records += [record_of(row) for row in await conn.execute(statement)]
    if after is not None or (not counted.exact and len(first) <= limit):
        begins = after or counted.last
        statement = page_statement((*asked.few, *asked.probes), sort, begins).limit(limit + 1 - len(first))
        records += [record_of(row) for row in await conn.execute(statement)]
    return Found(await complete(conn, records), min(len(counted.ids), COUNTED), counted.exact)


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


@dataclass(frozen=True, slots=True)
class _Counted:
    """The first orders of a list, in its order; all of them where `exact`; `last` is where a walk was given up."""

    ids: list[str]
    exact: bool
    last: Key | None = None


async def _count(conn: AsyncConnection, asked: Narrowed, sort: Sort) -> _Counted:
    """One order more than `COUNTED`; where a word is common, what the first of the list have."""
    walked = page_statement(asked.few, sort, None).with_only_columns(orders.c.id)
    if not asked.probes:
        ids = list((await conn.execute(walked.limit(COUNTED + 1))).scalars())
        return _Counted(ids, len(ids) <= COUNTED)
    position = func.row_number().over(order_by=_ends(sort)).label("position")
    walked = walked.add_columns(SORTS[sort.name].label("place"), and_(*asked.probes).label("has_all"), position)
    seen = walked.limit(asked.walk).subquery()
    told = select(seen).where(or_(seen.c.has_all, seen.c.position == asked.walk)).order_by(seen.c.position)
    rows = (await conn.execute(told)).all()
    ids = [row.id for row in rows if row.has_all]
    last = rows[-1] if rows and rows[-1].position == asked.walk else None
    return _Counted(ids, last is None and len(ids) <= COUNTED, last and (last.place, last.id))


def page_statement(conditions: Sequence[ColumnElement[bool]], sort: Sort, after: Key | None) -> Select[Any]:
    """The page that begins behind `after`."""
    column = SORTS[sort.name]
    statement = select(*orders.c).where(*conditions)
    if after is not None:
        statement = statement.where(_behind(column, sort, after))
    return statement.order_by(*_ends(sort))


def _ends(sort: Sort) -> tuple[UnaryExpression[Any], UnaryExpression[Any]]:
    column = SORTS[sort.name]
    if sort.descending:
        return column.desc(), orders.c.id.desc()
    return column.asc(), orders.c.id.asc()


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
