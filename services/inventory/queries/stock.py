"""Reads for people and pages: products, stock, movements, the waiting list, discrepancies.

Every read takes the shop first and sees nothing of another. Lists are keyset pages: they give one row more than asked
for, which says that there is a next page. Neighbour: `verification`.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.domain.places import Shelf
from services.inventory.domain.stock import orderable
from services.inventory.queries.locations import read_shelves
from services.inventory.tables import balances, demands, movements, products

Listed = tuple[list[dict[str, Any]], int]
"""The rows of a page (perhaps one more than its limit) and how many the whole list has."""

_available = products.c.on_hand - products.c.allocated - products.c.safety


def product_view(row: Any) -> dict[str, Any]:
    """A product's sheet as the API shows it; `version` is the sheet's."""
    available = row.on_hand - row.allocated - row.safety
    return {
        "sku": row.sku,
        "name": row.title,
        "price": None if row.price is None else f"{row.price:f}",
        "currency": row.currency,
        "tax_rate": None if row.tax_rate is None else f"{row.tax_rate:f}",
        "price_includes_tax": row.price_includes_tax,
        "prices": row.prices,
        "deleted": row.deleted,
        "available": available,
        "sold_out": available <= 0,
        "backorder": row.backorder,
        "backorder_limit": row.backorder_limit,
        "safety_stock": row.safety,
        "version": row.edition,
        "updated_at": row.updated_at.isoformat(),
    }


def stock_view(row: Any, shelves: Iterable[Shelf]) -> dict[str, Any]:
    """A SKU's counters, in units, and those of its shelves.

    `known` is false where orders name it and nobody has made the product.
    """
    available = row.on_hand - row.allocated - row.safety
    return {
        "sku": row.sku,
        "name": row.title,
        "known": row.title is not None,
        "deleted": row.deleted,
        "on_hand": row.on_hand,
        "demand": row.demand,
        "allocated": row.allocated,
        "waiting": row.demand - row.allocated,
        "available": available,
        "sold_out": available <= 0,
        "safety_stock": row.safety,
        "orderable": orderable(available, row.demand - row.allocated, row.backorder, row.backorder_limit),
        "discrepancy_since": None if row.discrepancy_since is None else row.discrepancy_since.isoformat(),
        "locations": [
            {"location": shelf.location, "on_hand": shelf.on_hand, "allocated": shelf.allocated, "free": shelf.free}
            for shelf in shelves
        ],
    }


def movement_view(row: Any) -> dict[str, Any]:
    """A line of the ledger; `number` counts within the SKU, `on_hand` is the balance after it."""
    return {
        "id": row["id"],
        "sku": row["sku"],
        "number": row["number"],
        "quantity": row["quantity"],
        "reason": str(row["reason"]),
        "on_hand": row["on_hand"],
        "location": row["location"],
        "order": row["order_id"],
        "line": row["line"],
        "actor": row["actor"],
        "note": row["note"],
        "at": row["at"].isoformat(),
    }


async def find_product(conn: AsyncConnection, shop: str, sku: str) -> Any:
    """The row of a SKU, whether or not somebody made the product; None where nothing ever named it."""
    statement = select(products).where(products.c.shop == shop, products.c.sku == sku)
    return (await conn.execute(statement)).one_or_none()


async def list_products(
    conn: AsyncConnection, shop: str, limit: int, after: str | None, *, text: str | None = None, deleted: bool = False
) -> Listed:
    """Products by SKU; `text` is looked for in SKU and name, whatever the case."""
    wanted = [products.c.shop == shop, products.c.title.is_not(None), products.c.deleted.is_(deleted)]
    if text:
        found_in = products.c.sku.icontains(text, autoescape=True)
        wanted.append(found_in | products.c.title.icontains(text, autoescape=True))
    rows, total = await _page_of_products(conn, wanted, limit, after)
    return [product_view(row) for row in rows], total


async def list_stock(
    conn: AsyncConnection, shop: str, limit: int, after: str | None, *, sold_out: bool | None = None
) -> Listed:
    """Stock by SKU, also of SKUs that orders alone have named; without deleted products that have nothing left."""
    is_empty = and_(products.c.on_hand == 0, products.c.demand == 0)
    wanted = [products.c.shop == shop, ~and_(products.c.deleted.is_(True), is_empty)]
    if sold_out is not None:
        wanted.append(_available <= 0 if sold_out else _available > 0)
    rows, total = await _page_of_products(conn, wanted, limit, after)
    shelves = await read_shelves(conn, shop, rows)
    return [stock_view(row, shelves[row.sku]) for row in rows], total


async def list_discrepancies(conn: AsyncConnection, shop: str, limit: int, after: str | None) -> Listed:
    """SKUs of which more left than was there, in all or at a location: each is to be counted."""
    place = balances.c.shop == shop, balances.c.sku == products.c.sku, balances.c.on_hand < 0
    is_short = (products.c.on_hand < 0) | (products.c.spread & exists().where(*place))
    rows, total = await _page_of_products(conn, [products.c.shop == shop, is_short], limit, after)
    shelves = await read_shelves(conn, shop, rows)
    return [stock_view(row, shelves[row.sku]) | {"task": "count"} for row in rows], total


async def list_movements(
    conn: AsyncConnection,
    shop: str,
    limit: int,
    after: str | None,
    *,
    sku: str | None = None,
    location: str | None = None,
) -> Listed:
    """The ledger, the newest first."""
    wanted = [movements.c.shop == shop]
    if location is not None:
        wanted.append(movements.c.location == location)
    if sku is not None:
        wanted.append(movements.c.sku == sku)
    statement = select(movements).where(*wanted).order_by(movements.c.id.desc())
    if after is not None:
        statement = statement.where(movements.c.id < after)
    rows = (await conn.execute(statement.limit(limit + 1))).mappings()
    return [movement_view(row) for row in rows], await _count(conn, select(movements.c.id).where(*wanted))


async def list_waiting(
    conn: AsyncConnection, shop: str, sku: str, limit: int, after: tuple[Any, str, int] | None
) -> Listed:
    """The waiting list of a SKU, the next to be served first."""
    wanted = [demands.c.shop == shop, demands.c.sku == sku, demands.c.allocated < demands.c.quantity]
    rank = (demands.c.since, demands.c.order_id, demands.c.line)
    statement = select(demands).where(*wanted).order_by(*rank)
    if after is not None:
        statement = statement.where(tuple_(*rank) > tuple_(*after))
    items = [
        {
            "order": row.order_id,
            "line": row.line,
            "since": row.since.isoformat(),
            "quantity": row.quantity,
            "allocated": row.allocated,
            "waiting": row.quantity - row.allocated,
        }
        for row in await conn.execute(statement.limit(limit + 1))
    ]
    return items, await _count(conn, select(demands.c.order_id).where(*wanted))


async def _page_of_products(
    conn: AsyncConnection, wanted: list[ColumnElement[bool]], limit: int, after: str | None
) -> tuple[list[Any], int]:
    statement = select(products).where(*wanted).order_by(products.c.sku).limit(limit + 1)
    if after is not None:
        statement = statement.where(products.c.sku > after)
    rows = list(await conn.execute(statement))
    return rows, await _count(conn, select(products.c.sku).where(*wanted))


async def _count(conn: AsyncConnection, statement: Select[Any]) -> int:
    return int((await conn.execute(select(func.count()).select_from(statement.subquery()))).scalar_one())
