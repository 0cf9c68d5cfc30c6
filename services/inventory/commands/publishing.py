"""When `inventory.product.v1` is due, and with which version.

A change of name, price or deletion and a flip of sold out go out with the transaction that makes them. `available` and
what may be ordered alone go out at most once a second per SKU: the row is marked dirty and a job publishes it. What
changed is repeated after an hour and then daily, so that a lost message is healed. Neighbours: `posting` and `products`
(which announce), `services.inventory.jobs` (which publishes what is due).
"""

from datetime import timedelta

from services.inventory.commands.rows import ProductRow
from services.inventory.domain.stock import Stock
from shared.contracts import ListPrice, Product
from shared.contracts.inventory import Backorder
from shared.outbox import Transaction

AVAILABLE_EVERY = timedelta(seconds=1)
REPEAT_CHANGED = timedelta(hours=1)
REPEAT_ALL = timedelta(days=1)


PUBLISHED = ("version", "dirty", "sent_at", "publish_at")
"""The columns that an announcement changes."""


def announce(tx: Transaction, row: ProductRow) -> None:
    """Publish the row as it now is, under a new version."""
    row.version += 1
    row.dirty = False
    _send(tx, row, REPEAT_CHANGED)


def publish_due(tx: Transaction, row: ProductRow) -> None:
    """Publish a row whose time has come: a new version if it changed, a plain repeat if not."""
    if row.dirty:
        announce(tx, row)
    else:
        _send(tx, row, REPEAT_ALL)


def note_change(tx: Transaction, row: ProductRow, before: Stock) -> None:
    """The counters of the row have moved from `before`: publish a flip now, mark anything else as due soon."""
    after = row.stock
    same = after.available == before.available and row.orderable(after) == row.orderable(before)
    if not row.is_offered or same:
        return
    if after.sold_out != before.sold_out:
        announce(tx, row)
    elif not row.dirty:
        row.dirty = True
        row.publish_at = max(tx.now, row.sent_at + AVAILABLE_EVERY) if row.sent_at else tx.now


def _send(tx: Transaction, row: ProductRow, repeat: timedelta) -> None:
    stock = row.stock
    row.sent_at = tx.now
    row.publish_at = tx.now + repeat
    tx.send(
        Product(
            shop=row.shop,
            version=row.version,
            sku=row.sku,
            title=row.title or "",
            price=row.price,
            tax_rate=row.tax_rate,
            currency=row.currency,
            available=stock.available,
            sold_out=stock.sold_out,
            deleted=row.deleted,
            price_includes_tax=row.price_includes_tax,
            backorder=Backorder(row.backorder),
            orderable=row.orderable(stock),
            prices=tuple(ListPrice.model_validate(price) for price in row.prices),
        )
    )
