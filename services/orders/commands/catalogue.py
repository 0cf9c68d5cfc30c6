"""Orders' own projection of the products it hears of. A SKU that was never heard of is sold all the same."""

from collections.abc import Sequence

from services.orders.tables import products
from shared.contracts import Product
from shared.database import upsert
from shared.outbox import Transaction

_COLUMNS = (
    "version",
    "title",
    "price",
    "tax_rate",
    "currency",
    "available",
    "sold_out",
    "deleted",
    "price_includes_tax",
    "backorder",
    "orderable",
)


async def hear_products(tx: Transaction, messages: Sequence[Product]) -> None:
    """Keep the newest state of each product; a deleted one keeps its row and version."""
    newer = upsert(tx.conn, products, keys=["shop", "sku"], update=(*_COLUMNS, "prices"), newest_by="version")
    rows = [
        product.model_dump(include={"shop", "sku", *_COLUMNS})
        | {"prices": [price.model_dump(mode="json") for price in product.prices]}
        for product in messages
    ]
    await tx.execute(newer, rows)
