"""The statistics: the facts of orders that they are made of, the sums as they stand, and the proof that these agree.

A dimension is a line of `DIMENSIONS`; adding one means raising `domain.statistics.RULES`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.prices import PUBLIC
from services.orders.domain.statistics import (
    Amounts,
    Contribution,
    Facts,
    Key,
    Sold,
    contribution,
    difference,
    total,
)
from services.orders.domain.types import BACK
from services.orders.queries.hearings import BILLING
from services.orders.queries.records import LineRecord, OrderRecord, complete, record_of
from services.orders.tables import counted_orders, hearings, orders, turnover
from shared.contracts import Account, DocumentKind
from shared.database import among
from shared.security import find_shop

ALL = "all"
DIMENSIONS: dict[str, Callable[[OrderRecord], str]] = {
    ALL: lambda record: "",
    "channel": lambda record: record.channel,
    "client_type": lambda record: "company" if record.customer.get("company") else "private",
    "customer_group": lambda record: record.customer_group or PUBLIC,
    "payment_method": lambda record: record.payment_method or "",
}
"""What orders are told apart by, besides the day and the product."""
UTC = "UTC"
PAGE = 500
_SUMS = [func.sum(turnover.c[name]).label(name) for name in Amounts._fields]


async def zone_of(conn: AsyncConnection, shop: str) -> str:
    """The zone in which the shop's days begin."""
    known = await find_shop(conn, shop)
    return UTC if known is None else known.timezone


async def find_accounts(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Account]:
    """Billing's newest answer for each of these orders."""
    statement = select(hearings.c.order_id, hearings.c.body).where(
        among(hearings.c.order_id, ids), hearings.c.service == BILLING, hearings.c.body.is_not(None)
    )
    return {row.order_id: Account.decode(row.body) for row in await conn.execute(statement)}


async def contributions_of(
    conn: AsyncConnection, records: Sequence[OrderRecord], zones: Mapping[str, str]
) -> dict[str, Contribution]:
    """What each of these orders adds, by its id; `zones` by shop."""
    accounts = await find_accounts(conn, [record.id for record in records])
    return {
        record.id: contribution(facts_of(record, accounts.get(record.id), ZoneInfo(zones.get(record.shop, UTC))))
        for record in records
    }


def facts_of(record: OrderRecord, account: Account | None, zone: ZoneInfo) -> Facts:
    """What the statistics look at."""
    return Facts(
        type=record.type,
        day=record.placed_at.astimezone(zone).date(),
        currency=record.currency,
        net=record.net,
        gross=record.gross,
        lines=tuple(_sold(line) for line in record.lines),
        dimensions={name: value_of(record) for name, value_of in DIMENSIONS.items()},
        paid=record.paid,
        refunded=0 if account is None else account.refunded,
        documents=() if account is None else _documents(account),
        deleted=record.deleted_at is not None,
        test=record.test,
        closed_elsewhere=record.imported_as in BACK and not record.anything_shipped,
    )


def _sold(line: LineRecord) -> Sold:
    stock = line.quantities
    kept = min(stock.ordered, stock.out + stock.hold)
    back = min(stock.ordered, stock.shipped) - stock.out
    return Sold(line.sku, stock.ordered, kept, max(0, min(back, stock.ordered - kept)), line.net, line.gross)


def _documents(account: Account) -> tuple[tuple[date, int], ...]:
    signs = {DocumentKind.INVOICE: 1, DocumentKind.CREDIT_NOTE: -1}
    return tuple((found.issued_on, signs.get(found.kind, 0) * abs(found.gross)) for found in account.documents)


async def find_counted(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Contribution]:
    """What these orders have added so far."""
    statement = select(counted_orders).where(among(counted_orders.c.order_id, ids))
    return {row.order_id: from_rows(row.contribution) for row in await conn.execute(statement)}


def from_rows(rows: Iterable[Sequence[Any]]) -> Contribution:
    """A contribution as `counted_orders` keeps it."""
    return {Key(row[0], row[1], date.fromisoformat(row[2]), row[3]): Amounts(*row[4:]) for row in rows}


def as_rows(found: Contribution) -> list[list[Any]]:
    """The same, to be kept."""
    return [[key.dimension, key.value, key.day.isoformat(), key.currency, *amounts] for key, amounts in found.items()]


async def count_pending(conn: AsyncConnection, shop: str) -> int:
    """How many orders have changed since they were counted."""
    statement = select(func.count()).where(orders.c.shop == shop, orders.c.counted != orders.c.revision)
    return int((await conn.execute(statement)).scalar_one())


async def turnover_by_day(conn: AsyncConnection, shop: str, first: date, last: date) -> list[tuple[date, str, Amounts]]:
    """Day, currency and sums, in the order of the days."""
    by = (turnover.c.day, turnover.c.currency)
    statement = select(*by, *_SUMS).where(*_between(shop, ALL, first, last)).group_by(*by).order_by(*by)
    return _rows(await conn.execute(statement))


async def turnover_by(
    conn: AsyncConnection, shop: str, dimension: str, first: date, last: date, limit: int
) -> list[tuple[str, str, Amounts]]:
    """Value, currency and sums, the greatest turnover first."""
    by = (turnover.c.value, turnover.c.currency)
    statement = select(*by, *_SUMS).where(*_between(shop, dimension, first, last)).group_by(*by)
    ranked = statement.order_by(func.sum(turnover.c.gross).desc(), *by).limit(limit)
    return _rows(await conn.execute(ranked))


def _between(shop: str, dimension: str, first: date, last: date) -> tuple[Any, ...]:
    return turnover.c.shop == shop, turnover.c.dimension == dimension, turnover.c.day.between(first, last)


def _rows(rows: Iterable[Any]) -> list[tuple[Any, str, Amounts]]:
    """Without what came to nothing; PostgreSQL sums whole numbers to a decimal."""
    found = [(row[0], row[1], Amounts(*map(int, row[2:]))) for row in rows]
    return [one for one in found if any(one[2])]


async def verify(conn: AsyncConnection, shop: str) -> dict[str, Any]:
    """Whether the projection is what a computation from scratch comes to, in one moment's snapshot.

    Orders that changed and were not counted again yet are taken as they were counted, and told as `pending`.
    """
    zones = {shop: await zone_of(conn, shop)}
    expected: Contribution = {}
    seen = 0
    last = ""
    while page := await _page(conn, shop, last):
        fresh = [record for record in page if record.counted == record.revision]
        stale = [record.id for record in page if record.counted != record.revision]
        found = await contributions_of(conn, fresh, zones)
        found |= await find_counted(conn, stale)
        expected = total([expected, *found.values()])
        seen, last = seen + len(page), page[-1].id
    rows = await conn.execute(select(turnover).where(turnover.c.shop == shop))
    present = {
        Key(row.dimension, row.value, row.day, row.currency): Amounts(*(getattr(row, name) for name in Amounts._fields))
        for row in rows
    }
    wrong = difference(present, expected)
    differences = [
        {**key._asdict(), "day": key.day.isoformat(), "excess": amounts._asdict()}
        for key, amounts in sorted(wrong.items())
    ]
    return {"orders": seen, "pending": await count_pending(conn, shop), "differences": differences}


async def _page(conn: AsyncConnection, shop: str, last: str) -> list[OrderRecord]:
    statement = select(*orders.c).where(orders.c.shop == shop, orders.c.id > last).order_by(orders.c.id).limit(PAGE)
    return await complete(conn, [record_of(row) for row in await conn.execute(statement)])
