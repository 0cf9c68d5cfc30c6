"""Where a shop keeps its stock: its locations, and per SKU the shelves that have or had something.

The default location is there without a row, and a SKU that was never elsewhere has all its units there.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.domain.places import DEFAULT, Location, Shelf
from services.inventory.tables import allocations, balances, demands, locations, order_lines, products
from shared.database import among

_columns = (locations.c.code, locations.c.name, locations.c.priority, locations.c.takes_returns, locations.c.closed)


def default_location() -> Location:
    """How the default location is until somebody says otherwise."""
    return Location(DEFAULT, "Main", 0)


def location_view(location: Location) -> dict[str, Any]:
    return {
        "code": location.code,
        "name": location.name,
        "priority": location.priority,
        "takes_returns": location.takes_returns,
        "default": location.code == DEFAULT,
        "closed": location.is_closed,
    }


async def read_locations(conn: AsyncConnection, shops: Collection[str]) -> dict[str, list[Location]]:
    """The locations of these shops, each in the order in which they serve, the default always among them."""
    found: dict[str, dict[str, Location]] = {shop: {DEFAULT: default_location()} for shop in shops}
    statement = select(locations.c.shop, *_columns).where(among(locations.c.shop, sorted(shops)))
    for shop, *fields in await conn.execute(statement):
        location = Location(*fields)
        found[shop][location.code] = location
    return {shop: sorted(by_code.values(), key=lambda at: at.rank) for shop, by_code in found.items()}


async def read_shelves(conn: AsyncConnection, shop: str, rows: Iterable[Any]) -> dict[str, list[Shelf]]:
    """Per SKU of these rows of products, its shelves in the order in which they serve."""
    rows = list(rows)
    found = {row.sku: [Shelf(DEFAULT, row.on_hand, row.allocated)] for row in rows if not row.spread}
    spread = [row.sku for row in rows if row.spread]
    if not spread:
        return found
    places = {at.code: at.rank for at in (await read_locations(conn, [shop]))[shop]}
    statement = select(balances).where(balances.c.shop == shop, among(balances.c.sku, spread))
    for row in sorted(await conn.execute(statement), key=lambda row: places[row.location]):
        found.setdefault(row.sku, []).append(Shelf(row.location, row.on_hand, row.allocated))
    return found


async def read_reservation(conn: AsyncConnection, shop: str, order: str) -> list[dict[str, Any]]:
    """The stocked lines of an order: what each holds, what it has got, and where; none for an unknown order."""
    hold, got = func.coalesce(func.sum(demands.c.quantity), 0), func.coalesce(func.sum(demands.c.allocated), 0)
    keys = (order_lines.c.line, order_lines.c.sku, products.c.spread)
    statement = (
        select(*keys, hold.label("hold"), got.label("allocated"))
        .join(products, (products.c.shop == order_lines.c.shop) & (products.c.sku == order_lines.c.sku))
        .outerjoin(demands, (demands.c.order_id == order_lines.c.order_id) & (demands.c.line == order_lines.c.line))
        .where(order_lines.c.shop == shop, order_lines.c.order_id == order)
        .group_by(*keys)
        .order_by(order_lines.c.line)
    )
    lines = list(await conn.execute(statement))
    places = await _places(conn, shop, order)
    return [
        {
            "line": row.line,
            "sku": row.sku,
            "hold": int(row.hold),
            "allocated": int(row.allocated),
            "locations": [
                {"location": location, "quantity": quantity}
                for location, quantity in (
                    places.get(row.line, []) if row.spread else [(DEFAULT, int(row.allocated))] if row.allocated else []
                )
            ],
        }
        for row in lines
    ]


async def _places(conn: AsyncConnection, shop: str, order: str) -> dict[int, list[tuple[str, int]]]:
    ranks = {at.code: at.rank for at in (await read_locations(conn, [shop]))[shop]}
    statement = select(allocations).where(allocations.c.shop == shop, allocations.c.order_id == order)
    found: dict[int, list[tuple[str, int]]] = {}
    for row in sorted(await conn.execute(statement), key=lambda row: ranks[row.location]):
        found.setdefault(row.line, []).append((row.location, row.quantity))
    return found
