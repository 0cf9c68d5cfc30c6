"""Which price lists a shop has: those that some product has a price in."""

from typing import Any

from sqlalchemy import column, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.tables import products
from shared.database import Json


async def list_price_lists(conn: AsyncConnection, shop: str) -> list[dict[str, Any]]:
    """The lists by name, each with how many products it prices in which currency."""
    # The two dialects have one function each that makes rows of a JSON array, with the element as `value`.
    rows_of = func.json_each if conn.dialect.name == "sqlite" else func.jsonb_array_elements
    priced = rows_of(products.c.prices).table_valued(column("value", Json()), name="priced")
    name, currency = priced.c.value["price_list"].as_string(), priced.c.value["currency"].as_string()
    statement = (
        select(name.label("name"), currency.label("currency"), func.count().label("products"))
        .select_from(products.join(priced, true()))
        .where(products.c.shop == shop, products.c.deleted.is_(False))
        .group_by(name, currency)
    )
    found: dict[str, dict[str, int]] = {}
    for row in await conn.execute(statement):
        found.setdefault(row.name, {})[row.currency] = row.products
    return [{"name": name, "prices": dict(sorted(found[name].items()))} for name in sorted(found)]
