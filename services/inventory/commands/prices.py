"""Prices of products in lists: those of one product replaced, or many put at once; published with the product.

What orders have agreed on does not move: an order keeps its own prices. Neighbours: `products` (the sheet with the
public price), `domain.prices` (what a list is).
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.inventory.commands.products import check_edition, write_sheets
from services.inventory.commands.rows import ProductRow, lock_rows
from services.inventory.domain.prices import PUBLIC, ListPrice, documents, is_own, merged
from services.inventory.domain.stock import Key
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound


class Priced(NamedTuple):
    """A price and the SKU it is for."""

    sku: str
    price: ListPrice


async def replace_prices(
    tx: Transaction, key: Key, prices: Sequence[ListPrice], *, if_match: int | None = None
) -> ProductRow:
    """Give a product these list prices and no others. Raises `NotFound`, `StaleEdition`, `Invalid`."""
    row = (await lock_rows(tx, [key])).get(key)
    if row is None or not row.is_known:
        raise NotFound(f"There is no product with the SKU {key[1]!r}.")
    check_edition(row, if_match)
    check_public(prices, row.currency)
    wanted = documents(prices)
    if row.prices != wanted:
        row.prices = wanted
        await write_sheets(tx, [row])
    return row


async def put_prices(tx: Transaction, shop: str, found: Sequence[Priced]) -> int:
    """Set these prices, all or none, and leave the others; how many products changed. Raises `Invalid` naming each."""
    rows = await lock_rows(tx, {(shop, sku) for sku, _ in found})
    errors = [
        {"field": f"prices.{index}.{field}", "detail": detail}
        for index, priced in enumerate(found)
        for field, detail in _wrong(rows.get((shop, priced.sku)), priced)
    ]
    if errors:
        raise Invalid("Some prices cannot be put.", errors=errors)
    changed = []
    for row in rows.values():
        wanted = merged(row.prices, [priced.price for priced in found if priced.sku == row.sku])
        if row.prices != wanted:
            row.prices = wanted
            changed.append(row)
    await write_sheets(tx, changed)
    return len(changed)


def check_public(prices: Sequence[ListPrice], currency: str | None) -> None:
    """Raise `Invalid` for a public price in the product's own currency: it stands in the sheet."""
    for index, price in enumerate(prices):
        if is_own(price, currency):
            raise Invalid(_OWN.format(currency), field=f"prices.{index}.price_list")


_OWN = f"The {PUBLIC} price in {{}} is the product's own: it stands in its 'price'."


def _wrong(row: ProductRow | None, priced: Priced) -> list[tuple[str, str]]:
    if row is None or not row.is_known:
        return [("sku", f"There is no product {priced.sku!r}.")]
    return [("price_list", _OWN.format(row.currency))] if is_own(priced.price, row.currency) else []
