"""What people and systems book: goods that came, went, broke or were counted.

A movement is never changed; a wrong one is corrected by another. Goods that came serve the waiting list in the same
transaction. Neighbours: `posting` (settles and writes), `orders` (the movements that orders make).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.inventory.commands.posting import Posting, posting_on
from services.inventory.commands.rows import lock_rows
from services.inventory.domain import Key, Reason
from shared.outbox import Transaction
from shared.problems import Invalid


class UnknownSku(Invalid):
    """A movement names a SKU that is no product of the shop."""

    slug = "unknown-sku"
    title = "There is no such product"


@dataclass(frozen=True, slots=True)
class Booking:
    """`quantity` units of a SKU came (> 0) or went (< 0)."""

    sku: str
    quantity: int
    reason: Reason
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """The ledger's new lines, and whether orders were served that wait for their answer."""

    movements: Sequence[dict[str, Any]]
    has_marked: bool


async def book_movements(tx: Transaction, shop: str, actor: str, bookings: Sequence[Booking]) -> Booked:
    """Enter all bookings or none; raises `UnknownSku` naming every one that is unknown."""
    posting = await _open(tx, shop, [booking.sku for booking in bookings])
    for booking in bookings:
        posting.book.move((shop, booking.sku), booking.quantity, booking.reason, booking.note)
    marked = await posting.close(actor)
    return Booked(posting.ledger, marked)


async def count_stock(tx: Transaction, shop: str, actor: str, sku: str, counted: int, note: str | None) -> Booked:
    """Enter the difference between what was counted and what is on hand (nothing where they agree)."""
    posting = await _open(tx, shop, [sku])
    key = (shop, sku)
    posting.book.move(key, counted - posting.book.stocks[key].on_hand, Reason.COUNT, note)
    marked = await posting.close(actor)
    return Booked(posting.ledger, marked)


async def _open(tx: Transaction, shop: str, skus: Sequence[str]) -> Posting:
    keys: set[Key] = {(shop, sku) for sku in skus}
    rows = await lock_rows(tx, keys)
    known = {sku for (_, sku), row in rows.items() if row.is_known}
    errors = [
        {"field": "sku" if len(skus) == 1 else f"movements.{index}.sku", "detail": f"There is no product {sku!r}."}
        for index, sku in enumerate(skus)
        if sku not in known
    ]
    if errors:
        raise UnknownSku(
            "A movement needs a product: make it first with PUT /api/v1/inventory/products/{sku}.", errors=errors
        )
    return posting_on(tx, rows)
