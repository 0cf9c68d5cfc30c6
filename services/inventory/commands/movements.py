"""What people and systems book: goods that came, went, broke, were counted or changed their location.

A movement is never changed; a wrong one is corrected by another. Goods that came serve the waiting list in the same
transaction. Neighbours: `posting` (settles and writes), `orders` (the movements that orders make), `locations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.inventory.commands.locations import hold_locations
from services.inventory.commands.posting import Posting, posting_on
from services.inventory.commands.rows import lock_rows
from services.inventory.domain.places import DEFAULT
from services.inventory.domain.stock import Key, Reason
from shared.outbox import Transaction
from shared.problems import Invalid, Problem


class UnknownSku(Invalid):
    """A movement names a SKU that is no product of the shop."""

    slug = "unknown-sku"
    title = "There is no such product"


class NotThere(Problem):
    """A transfer takes more than is on hand where it starts."""

    slug = "not-there"
    title = "There is not so much of it"


@dataclass(frozen=True, slots=True)
class Booking:
    """`quantity` units of a SKU came (> 0) or went (< 0) at a location."""

    sku: str
    quantity: int
    reason: Reason
    note: str | None = None
    location: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Counted:
    """So many units of a SKU were found at a location."""

    sku: str
    counted: int
    note: str | None = None
    location: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Transfer:
    """`quantity` units of a SKU go from one location to another."""

    sku: str
    quantity: int
    source: str
    target: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """The ledger's new lines, and whether orders were served that wait for their answer."""

    movements: Sequence[dict[str, Any]]
    has_marked: bool


async def book_movements(tx: Transaction, shop: str, actor: str, bookings: Sequence[Booking]) -> Booked:
    """Enter all bookings or none; raises `UnknownSku` naming every one that is unknown, `UnknownLocation`."""
    posting = await _open(tx, shop, [(booking.sku, booking.location) for booking in bookings], "movements")
    for booking in bookings:
        key = (shop, booking.sku)
        posting.book.move(key, booking.quantity, booking.reason, booking.note, booking.location)
    return await _close(posting, actor)


async def count_stock(tx: Transaction, shop: str, actor: str, counts: Sequence[Counted]) -> Booked:
    """Enter the differences between what was counted and what is on hand there (nothing where they agree)."""
    posting = await _open(tx, shop, [(count.sku, count.location) for count in counts], "counts")
    for count in counts:
        key = (shop, count.sku)
        difference = count.counted - posting.on_hand(key, count.location)
        posting.book.move(key, difference, Reason.COUNT, count.note, count.location)
    return await _close(posting, actor)


async def transfer_stock(tx: Transaction, shop: str, actor: str, transfer: Transfer) -> Booked:
    """Enter both movements of a transfer; orders that had their units there have them elsewhere then.

    Raises `UnknownSku`, `UnknownLocation`, `NotThere`.
    """
    ends = (transfer.source, transfer.target)
    posting = await _open(tx, shop, [(transfer.sku, at) for at in ends], None)
    key = (shop, transfer.sku)
    there = posting.on_hand(key, transfer.source)
    if there < transfer.quantity:
        raise NotThere(f"There are {there} units of {transfer.sku!r} at {transfer.source!r}.")
    for at, quantity in zip(ends, (-transfer.quantity, transfer.quantity), strict=True):
        posting.book.move(key, quantity, Reason.TRANSFER, transfer.note, at)
    return await _close(posting, actor)


async def _open(tx: Transaction, shop: str, places: Sequence[tuple[str, str]], items: str | None) -> Posting:
    """A posting on the SKUs of (SKU, location); `items` is what a request calls the list they stand in."""
    await hold_locations(tx, shop, {at for _, at in places})
    rows = await lock_rows(tx, {(shop, sku) for sku, _ in places})
    known = {sku for (_, sku), row in rows.items() if row.is_known}
    single = items is None or len(places) == 1
    errors = [
        {"field": "sku" if single else f"{items}.{index}.sku", "detail": f"There is no product {sku!r}."}
        for index, (sku, _) in enumerate(places)
        if sku not in known
    ]
    if errors:
        raise UnknownSku(
            "A movement needs a product: make it first with PUT /api/v1/inventory/products/{sku}.", errors=errors
        )
    away: set[Key] = {(shop, sku) for sku, at in places if at != DEFAULT}
    return await posting_on(tx, rows, away=away)


async def _close(posting: Posting, actor: str) -> Booked:
    marked = await posting.close(actor)
    return Booked(posting.ledger, marked)
