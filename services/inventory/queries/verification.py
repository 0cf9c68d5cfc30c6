"""Does it all add up: the ledger, the balances, what the orders hold, and what they were told.

For operators (`comptoir stock verify`) and for tests. Each comparison is one statement, so that it sees one moment of a
database at work. An empty list is the proof.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, exists, func, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.domain.places import DEFAULT
from services.inventory.domain.stock import NOTHING, Goods, Reason
from services.inventory.tables import (
    allocations,
    balances,
    demands,
    marks,
    metadata,
    movements,
    order_lines,
    products,
)

answers = metadata.tables["answers"]

PAGE = 1000
_BY_ORDERS = (Reason.SHIPMENT, Reason.RESTOCK)


async def verify(conn: AsyncConnection, shop: str, *, limit: int = 100) -> dict[str, Any]:
    """Figures of the shop and at most `limit` differences, each with what was found on both sides."""
    differences = await _balances(conn, shop, limit)
    differences += await _chain(conn, shop, limit)
    for statement, checks in _place_checks(shop):
        differences += [
            {"sku": row.sku, "location": row.location, "check": check, "left": int(left), "right": int(right)}
            for row in await conn.execute(statement.limit(limit))
            for check, left, right in zip(checks, row[2::2], row[3::2], strict=True)
            if left != right
        ]
    differences += await _named(conn, shop, limit)
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
    of_orders = and_(movements.c.reason == Reason.SCRAP, movements.c.order_id.is_not(None))
    scrapped = case((of_orders, -movements.c.quantity), else_=0)
    ledger = _sums(movements, total=movements.c.quantity, count=literal(1), by_orders=by_orders, scrapped=scrapped)
    asked = _sums(demands, quantity=demands.c.quantity, allocated=demands.c.allocated)
    out = order_lines.c.shipped - order_lines.c.restocked
    lines = _sums(order_lines, out=out, scrapped=order_lines.c.scrapped)
    pairs = {
        "ledger = on hand": (func.coalesce(ledger.c.total, 0), products.c.on_hand),
        "entries = number of movements": (func.coalesce(ledger.c.count, 0), products.c.movements),
        "tranches = demand": (func.coalesce(asked.c.quantity, 0), products.c.demand),
        "tranches = allocated": (func.coalesce(asked.c.allocated, 0), products.c.allocated),
        "shipments = orders' lines": (-func.coalesce(ledger.c.by_orders, 0), func.coalesce(lines.c.out, 0)),
        "scrapped = orders' lines": (func.coalesce(ledger.c.scrapped, 0), func.coalesce(lines.c.scrapped, 0)),
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


def _place_checks(shop: str) -> list[tuple[Select[Any], tuple[str, ...]]]:
    """Per SKU and location: statements that give what differs (SKU, location, then a pair per check), and their names.

    A SKU that was never elsewhere than at the default location has no balances: its total is all there is to compare.
    """
    place = (movements.c.sku, movements.c.location)
    ledger = (
        select(*place, func.sum(movements.c.quantity).label("total")).where(movements.c.shop == shop).group_by(*place)
    ).subquery()
    place = (allocations.c.sku, allocations.c.location)
    taken = (
        select(*place, func.sum(allocations.c.quantity).label("total"))
        .where(allocations.c.shop == shop)
        .group_by(*place)
    ).subquery()
    known = and_(balances.c.shop == shop, balances.c.sku == ledger.c.sku, balances.c.location == ledger.c.location)
    present = case(
        (products.c.spread, func.coalesce(balances.c.on_hand, 0)),
        (ledger.c.location == DEFAULT, ledger.c.total),
        else_=0,
    )
    by_ledger = (
        select(ledger.c.sku, ledger.c.location, ledger.c.total, present)
        .join(products, and_(products.c.shop == shop, products.c.sku == ledger.c.sku))
        .outerjoin(balances, known)
        .where(ledger.c.total != present)
    )
    got = func.coalesce(taken.c.total, 0)
    by_lines = (
        select(balances.c.sku, balances.c.location, got, balances.c.allocated)
        .outerjoin(taken, and_(taken.c.sku == balances.c.sku, taken.c.location == balances.c.location))
        .where(balances.c.shop == shop, got != balances.c.allocated)
    )
    on_hand, allocated = func.sum(balances.c.on_hand), func.sum(balances.c.allocated)
    totals = (products.c.sku, products.c.on_hand, products.c.allocated)
    in_all = (
        select(products.c.sku, null().label("location"), on_hand, totals[1], allocated, totals[2])
        .join(balances, and_(balances.c.shop == products.c.shop, balances.c.sku == products.c.sku))
        .where(products.c.shop == shop)
        .group_by(*totals)
        .having((on_hand != products.c.on_hand) | (allocated != products.c.allocated))
    )
    return [
        (by_ledger, ("ledger = on hand at the location",)),
        (by_lines, ("allocations = allocated at the location",)),
        (in_all, ("locations = on hand", "locations = allocated")),
        (_lines_elsewhere(shop), ("allocations = tranches of a line",)),
    ]


def _lines_elsewhere(shop: str) -> Select[Any]:
    """Lines of SKUs at several locations whose units by location are not those of their tranches."""
    placed = (
        select(func.coalesce(func.sum(allocations.c.quantity), 0))
        .where(
            allocations.c.order_id == demands.c.order_id,
            allocations.c.line == demands.c.line,
            allocations.c.shop == demands.c.shop,
            allocations.c.sku == demands.c.sku,
        )
        .correlate(demands)
        .scalar_subquery()
    )
    got = func.sum(demands.c.allocated)
    keys = (demands.c.shop, demands.c.sku, demands.c.order_id, demands.c.line)
    return (
        select(demands.c.sku, null().label("location"), placed, got)
        .join(products, and_(products.c.shop == demands.c.shop, products.c.sku == demands.c.sku))
        .where(demands.c.shop == shop, products.c.spread)
        .group_by(*keys)
        .having(got != placed)
    )


async def _named(conn: AsyncConnection, shop: str, limit: int) -> list[dict[str, Any]]:
    """Per line and location that its order names: the ledger has what was booked there, and what was not named besides.

    A line whose movements were taken back is left out: what was not named need not come back to where it was taken.
    """
    wrong, line = list[dict[str, Any]](), list[Row[Any]]()
    async with conn.stream(_named_lines(shop)) as rows:
        async for row in rows:
            if line and (row.order_id, row.line) != (line[0].order_id, line[0].line):
                wrong += _misplaced(line)
                line = []
            if len(wrong) >= limit:
                break
            line.append(row)
    return [*wrong, *_misplaced(line)]


def _misplaced(rows: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    """What is wrong with one line, of which there is a row for each location that it has movements at."""
    if any(row.taken_back for row in rows):
        return
    entered = {row.location: (int(row.shipped), int(row.restocked), int(row.scrapped)) for row in rows if row.location}
    for location, booked, _refused in rows[0].named if rows else ():
        for check, left, right in zip(Goods._fields, booked, entered.get(location, NOTHING), strict=True):
            if left > right:
                where = {"sku": rows[0].sku, "location": location, "order": rows[0].order_id}
                yield where | {"check": f"{check} at the location", "left": left, "right": right}


def _named_lines(shop: str) -> Select[Any]:
    """Lines that name locations, one after the other, with what the ledger has of them at each location."""
    units = {"shipped": (Reason.SHIPMENT, -1), "restocked": (Reason.RESTOCK, 1), "scrapped": (Reason.SCRAP, -1)}
    signed = {
        name: case((movements.c.reason == reason, movements.c.quantity * sign), else_=0)
        for name, (reason, sign) in units.items()
    }
    keys = [movements.c[name] for name in ("shop", "sku", "order_id", "line", "location")]
    taken_back = func.sum(case((or_(*(value < 0 for value in signed.values())), 1), else_=0))
    ledger = (
        select(*keys, *(func.sum(value).label(name) for name, value in signed.items()), taken_back.label("taken_back"))
        .where(movements.c.shop == shop, movements.c.order_id.is_not(None))
        .group_by(*keys)
        .subquery()
    )
    same = (getattr(ledger.c, name) == order_lines.c[name] for name in ("shop", "sku", "order_id", "line"))
    counters = [ledger.c[name] for name in ("location", *units, "taken_back")]
    return (
        select(order_lines.c.order_id, order_lines.c.line, order_lines.c.sku, order_lines.c.named, *counters)
        .outerjoin(ledger, and_(*same))
        .where(order_lines.c.shop == shop, order_lines.c.named.is_not(None))
        .order_by(order_lines.c.order_id, order_lines.c.line)
    )


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
