"""The sheets of products: made, changed and deleted by people, published at once.

A deleted product keeps its row, its version and its counters: orders that name it go on as before. Making a product
that orders have already named loses nothing, since its row was there from their first message on. Neighbours: `rows`
(made and locked), `publishing` (when and what is said).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from services.inventory.commands.posting import mark_orders, waiting_orders
from services.inventory.commands.publishing import PUBLISHED, REPEAT_CHANGED, announce, publish_due
from services.inventory.commands.rows import COLUMNS, ProductRow, lock_rows, make_rows, write_rows
from services.inventory.domain.prices import ListPrice, documents
from services.inventory.domain.stock import Backorder, Key
from services.inventory.queries.stock import product_view
from services.inventory.tables import products
from shared.outbox import Transaction
from shared.problems import NotFound, Problem


class StaleEdition(Problem):
    """`If-Match` named an edition of the sheet that is no longer the present one."""

    slug = "stale"
    title = "Somebody changed it in the meantime"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What people say of a product. `tax_rate` is in percent; a price without currency is in the shop's.

    `backorder_limit` is the number of units that may wait, where that is limited; `safety` units are never offered.
    `prices` are those in lists; None leaves them as they are.
    """

    title: str
    price: Decimal | None = None
    currency: str | None = None
    tax_rate: Decimal | None = None
    price_includes_tax: bool = True
    backorder: Backorder = Backorder.ALLOWED
    backorder_limit: int | None = None
    safety: int = 0
    prices: tuple[ListPrice, ...] | None = None


async def put_products(
    tx: Transaction, sheets: Mapping[Key, Sheet], *, if_match: int | None = None
) -> list[tuple[ProductRow, bool]]:
    """Make or replace the sheets; the rows, each with whether it is new. A sheet that says nothing new changes nothing.

    `if_match` is the edition a single sheet must still have; raises `StaleEdition`.
    """
    await make_rows(tx, sheets.keys())
    rows = await lock_rows(tx, sheets.keys())
    for row in rows.values():
        check_edition(row, if_match)
    new = {key for key, row in rows.items() if not row.is_offered}
    reasons = {key: _why_short(row) for key, row in rows.items()}
    await write_sheets(tx, [row for key, row in rows.items() if _replace_sheet(row, sheets[key])])
    # Orders that wait for these products are short for another reason now: they are answered again.
    await mark_orders(
        tx, await waiting_orders(tx, {key for key, row in rows.items() if _why_short(row) != reasons[key]})
    )
    return [(row, key in new) for key, row in rows.items()]


async def delete_product(tx: Transaction, key: Key, *, if_match: int | None = None) -> None:
    """Take a product out of the offer; raises `NotFound`, `StaleEdition`."""
    row = (await lock_rows(tx, [key])).get(key)
    if row is None or not row.is_offered:
        raise NotFound(f"There is no product with the SKU {key[1]!r}.")
    check_edition(row, if_match)
    row.deleted = True
    await write_sheets(tx, [row])


async def publish_due_products(tx: Transaction, limit: int) -> int:
    """Publish up to `limit` products whose time has come; how many."""
    statement = (
        select(*COLUMNS)
        .where(products.c.publish_at <= tx.now)
        .order_by(products.c.publish_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = [ProductRow(*tuple(row)) for row in await tx.execute(statement)]
    for row in due:
        publish_due(tx, row)
    await write_rows(tx, due, PUBLISHED)
    return len(due)


async def repeat_recent_products(tx: Transaction) -> None:
    """Have what was said in the last hour said again: the broker may have lost it."""
    recent = products.c.sent_at > tx.now - REPEAT_CHANGED
    await tx.execute(products.update().where(recent).values(publish_at=tx.now))


def check_edition(row: ProductRow, if_match: int | None) -> None:
    """Raise `StaleEdition` where the sheet has another edition than was read."""
    if if_match is not None and row.edition != if_match:
        current = product_view(row) if row.is_known else None
        raise StaleEdition("The product has changed since it was read.", current=current)


def _replace_sheet(row: ProductRow, sheet: Sheet) -> bool:
    """Whether the row says anything else now."""
    before = (row.deleted, row.prices, *(getattr(row, column) for column in _SAID))
    row.deleted = False
    for column in _SAID:
        setattr(row, column, getattr(sheet, column))
    if sheet.prices is not None:
        row.prices = documents(sheet.prices)
    return before != (row.deleted, row.prices, *(getattr(row, column) for column in _SAID))


def _why_short(row: ProductRow) -> tuple[bool, str, int | None]:
    """What the reason depends on that a waiting order is told."""
    return (row.is_known, row.backorder, row.backorder_limit)


async def write_sheets(tx: Transaction, rows: Sequence[ProductRow]) -> None:
    """Write what people changed of these sheets: a new edition of each, published."""
    for row in rows:
        row.edition += 1
        row.updated_at = tx.now
        announce(tx, row)
    await write_rows(tx, rows, _SHEET)


_SAID = tuple(name for name in Sheet.__dataclass_fields__ if name != "prices")
_SHEET = (*_SAID, "prices", "deleted", "edition", "updated_at", *PUBLISHED)
