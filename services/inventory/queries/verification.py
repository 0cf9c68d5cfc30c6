"""Does it all add up: the ledger, the balances, what the orders hold, and what they were told.

For operators (`comptoir stock verify`) and for tests. Each comparison is one statement, so that it sees one moment of a
database at work. An empty list is the proof.
"""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.domain import Reason
from services.inventory.tables import demands, marks, metadata, movements, order_lines, products

answers = metadata.tables["answers"]

PAGE = 1000
_BY_ORDERS = (Reason.SHIPMENT, Reason.RESTOCK)


async def verify(conn: AsyncConnection, shop: str, *, limit: int = 100) -> dict[str, Any]:
    """Figures of the shop and at most `limit` differences, each with what was found on both sides."""
    differences = await _balances(conn, shop, limit)
    differences += await _chain(conn, shop, limit)
    orders, wrong = await _answers(conn, shop, limit)
    count = select(func.count()).select_from(products).where(products.c.shop == shop)
    skus = (await conn.execute(count)).scalar_one()
    return {"skus": skus, "orders": orders, "differences": [*differences, *wrong][:limit]}


def _sums(table: Any, **sums: ColumnElement[int]) -> Subquery:
    columns = [func.coalesce(func.sum(value), 0).label(name) for name, value in sums.items()]
    return select(table.c.shop, table.c.sku, *columns).group_by(table.c.shop, table.c.sku).subquery()


async def _balances(conn: AsyncConnection, shop: str, limit: int) -> list[dict[str, Any]]:
    """Per SKU: the counters against the sums of the ledger, of the tranches and of the orders' lines."""
    by_orders = case((movements.c.reason.in_(_BY_ORDERS), movements.c.quantity), else_=0)
    ledger = _sums(movements, total=movements.c.quantity, count=literal(1), by_orders=by_orders)
    asked = _sums(demands, quantity=demands.c.quantity, allocated=demands.c.allocated)
    lines = _sums(order_lines, out=order_lines.c.shipped - order_lines.c.restocked)
    pairs = {
        "ledger = on hand": (func.coalesce(ledger.c.total, 0), products.c.on_hand),
        "entries = number of movements": (func.coalesce(ledger.c.count, 0), products.c.movements),
        "tranches = demand": (func.coalesce(asked.c.quantity, 0), products.c.demand),
        "tranches = allocated": (func.coalesce(asked.c.allocated, 0), products.c.allocated),
        "shipments = orders' lines": (-func.coalesce(ledger.c.by_orders, 0), func.coalesce(lines.c.out, 0)),
    }
    joined: Any = products
    for side in (ledger, asked, lines):
        joined = joined.outerjoin(side, and_(side.c.shop == products.c.shop, side.c.sku == products.c.sku))
    columns = [value.label(f"p{i}_{j}") for i, pair in enumerate(pairs.values()) for j, value in enumerate(pair)]
    statement = (
        select(products.c.sku, *columns)
        .select_from(joined)
        .where(products.c.shop == shop, or_(*(left != right for left, right in pairs.values())))
        .order_by(products.c.sku)
        .limit(limit)
    )
    return [
        {"sku": row[0], "check": name, "left": int(row[1 + 2 * i]), "right": int(row[2 + 2 * i])}
        for row in await conn.execute(statement)
        for i, name in enumerate(pairs)
        if row[1 + 2 * i] != row[2 + 2 * i]
    ]


async def _chain(conn: AsyncConnection, shop: str, limit: int) -> list[dict[str, Any]]:
    """Per movement: its balance is the balance before it and its quantity."""
    before = func.lag(movements.c.on_hand, 1, 0).over(partition_by=movements.c.sku, order_by=movements.c.number)
    entries = select(movements, before.label("before")).where(movements.c.shop == shop).subquery()
    statement = (
        select(entries.c.sku, entries.c.before, entries.c.quantity, entries.c.on_hand)
        .where(entries.c.before + entries.c.quantity != entries.c.on_hand)
        .limit(limit)
    )
    return [
        {"sku": row.sku, "check": "balance of the ledger", "left": row.before + row.quantity, "right": row.on_hand}
        for row in await conn.execute(statement)
    ]


async def _answers(conn: AsyncConnection, shop: str, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Per order: what it was told it has got, and what it has got; orders whose answer is due are left out."""
    count, wrong, last = 0, list[dict[str, Any]](), ""
    while len(wrong) < limit:
        page = await _answer_page(conn, shop, last)
        count += len(page)
        wrong += [
            {"order": order, "check": "told = allocated", "left": told, "right": got}
            for order, (told, got, is_due) in page.items()
            if told != got and not is_due
        ]
        if len(page) < PAGE:
            break
        last = max(page)
    return count, wrong


async def _answer_page(conn: AsyncConnection, shop: str, last: str) -> dict[str, tuple[int, int, bool]]:
    """Per order after `last`: units it was told, units it has, whether an answer is due."""
    got = select(func.coalesce(func.sum(demands.c.allocated), 0)).where(demands.c.order_id == answers.c.id)
    due = exists().where(marks.c.order_id == answers.c.id)
    statement = (
        select(answers.c.id, answers.c.body, got.scalar_subquery().label("got"), due.label("due"))
        .where(answers.c.shop == shop, answers.c.id > last)
        .order_by(answers.c.id)
        .limit(PAGE)
    )
    return {
        row.id: (sum(line["allocated"] for line in orjson.loads(row.body)["lines"]), int(row.got), bool(row.due))
        for row in await conn.execute(statement)
    }
