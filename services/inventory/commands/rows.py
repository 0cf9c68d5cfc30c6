"""The rows of `products` as a transaction holds them: made when missing, locked in order, written back at once.

Neighbours: `publishing` (under which version they are announced), `posting` (the counters), `products` (the sheets).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from services.inventory.domain.stock import Key, Stock, orderable
from services.inventory.tables import products
from shared.database import among, upsert
from shared.outbox import Transaction


@dataclass(slots=True)
class ProductRow:
    """One row, locked by the transaction that holds it. Fields as the columns."""

    shop: str
    sku: str
    title: str | None
    price: Decimal | None
    currency: str | None
    tax_rate: Decimal | None
    price_includes_tax: bool
    prices: list[dict[str, Any]]
    deleted: bool
    on_hand: int
    demand: int
    allocated: int
    discrepancy_since: datetime | None
    movements: int
    spread: bool
    backorder: str
    backorder_limit: int | None
    safety: int
    edition: int
    version: int
    dirty: bool
    sent_at: datetime | None
    publish_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def key(self) -> Key:
        return (self.shop, self.sku)

    @property
    def stock(self) -> Stock:
        """A copy of the counters, to work on."""
        return Stock(self.on_hand, self.demand, self.allocated, self.safety)

    def orderable(self, stock: Stock) -> int | None:
        """How many units may be ordered with these counters; None: as many as one likes."""
        return orderable(stock.available, stock.unmet, self.backorder, self.backorder_limit)

    @property
    def is_known(self) -> bool:
        """Somebody made the product; else orders alone have named its SKU."""
        return self.title is not None

    @property
    def is_offered(self) -> bool:
        return self.is_known and not self.deleted


COLUMNS = tuple(products.c[name] for name in ProductRow.__dataclass_fields__)
"""The columns of a `ProductRow`, in its order."""


async def make_rows(tx: Transaction, keys: Collection[Key]) -> None:
    """See that every key has a row, without a title where nobody has made the product.

    To be called before anything is locked: whoever waits for another's insertion then holds nothing that a third could
    wait for.
    """
    found = await tx.execute(select(products.c.shop, products.c.sku).where(*of_keys(products.c, keys)))
    missing = sorted(set(keys).difference((row.shop, row.sku) for row in found))
    if missing:
        rows = [{"shop": shop, "sku": sku, "created_at": tx.now, "updated_at": tx.now} for shop, sku in missing]
        await tx.execute(upsert(tx.conn, products, keys=["shop", "sku"]), rows)


async def lock_rows(tx: Transaction, keys: Collection[Key]) -> dict[Key, ProductRow]:
    """The rows that exist of `keys`, locked in the order of (shop, SKU)."""
    statement = (
        select(*COLUMNS).where(*of_keys(products.c, keys)).order_by(products.c.shop, products.c.sku).with_for_update()
    )
    found = [ProductRow(*tuple(row)) for row in await tx.execute(statement)]
    return {row.key: row for row in found if row.key in keys}


async def write_rows(tx: Transaction, rows: Sequence[ProductRow], columns: Sequence[str]) -> None:
    """Write these columns of locked rows."""
    if not rows:
        return
    statement = (
        products.update()
        .where(products.c.shop == bindparam("b_shop"), products.c.sku == bindparam("b_sku"))
        .values({name: bindparam(f"b_{name}") for name in columns})
    )
    names = {f"b_{name}": name for name in ("shop", "sku", *columns)}
    await tx.execute(statement, [{bind: getattr(row, name) for bind, name in names.items()} for row in rows])


def of_keys(columns: Any, keys: Collection[Key]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions for the rows of `keys`; rows of other shops with the same SKUs may come along."""
    return (
        among(columns.shop, sorted({shop for shop, _ in keys})),
        among(columns.sku, sorted({sku for _, sku in keys})),
    )
