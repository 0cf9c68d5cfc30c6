"""Writing orders back: one statement a table, whatever the number of orders, and one message for each new version.

A command changes records in memory, notes each change with `Change.add`, and calls `save`. The version rises only
where the services must know; a note or a fact raises the revision alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, tuple_, update

from services.orders.commands.searching import add_terms, renew_terms
from services.orders.domain.search import Kind
from services.orders.domain.waits import Wait
from services.orders.queries.messages import order_messages
from services.orders.queries.records import EntryRecord, LineRecord, OrderRecord, ParcelRecord
from services.orders.tables import entries, lines, orders, parcels
from shared.database import upsert
from shared.outbox import Transaction

_MUTABLE = (
    "version",
    "revision",
    "sent_at",
    "status",
    "type",
    "status_name",
    "status_entry",
    "raised_by",
    "shown",
    "invoice_wanted",
    "expires_at",
    "automatic",
    "deleted_at",
    "credit_on_deletion",
    "net",
    "tax",
    "gross",
    "next_line",
    "parcels",
    "settled",
    "history_token",
    "indicator",
    "updated_at",
)
_DETAILS = (
    "email",
    "customer",
    "customer_id",
    "billing_address",
    "shipping_address",
    "country",
    "same_as_billing",
    "carrier",
    "shipping_method",
    "pickup",
    "customer_group",
    "payment_method",
    "purchase_order",
    "operator",
    "origin",
    "tags",
    "fields",
    "adjustments",
    "archived_at",
    "erased",
)
"""What only an operator's edit changes; a change of status does not write it."""
_update_orders = update(orders).where(orders.c.id == bindparam("the_id"))
_LINE_COLUMNS = tuple(column.name for column in lines.c if not column.primary_key)


@dataclass(slots=True)
class Change:
    """A record that a command changed: which rows are to be written besides the order's own."""

    record: OrderRecord
    new: bool = False
    entries: list[EntryRecord] = field(default_factory=list)
    lines: list[LineRecord] = field(default_factory=list)
    removed_lines: list[int] = field(default_factory=list)
    parcels: list[ParcelRecord] = field(default_factory=list)
    details: bool = False
    """`_DETAILS` changed, too."""
    found_by: set[Kind] = field(default_factory=set)
    """Words by which the order is found that an edit changed; of lines and parcels, `finds_else` sees it."""

    def finds_else(self, kind: Kind) -> bool:
        """Whether the search knows other words of this kind than the order now has."""
        match kind:
            case Kind.SKU:
                return bool(self.removed_lines) or any(line.found_as != line.sku for line in self.lines)
            case Kind.TRACKING:
                return bool(self.parcels)
            case _:
                return kind in self.found_by

    def raise_version(self, tx: Transaction) -> int:
        """Services must know: a new version, sent to all of them. Returns it."""
        record = self.record
        record.version += 1
        record.sent_at = tx.now
        record.settled = False
        return record.version

    def add(self, entry: EntryRecord) -> None:
        """Note what happened; an entry with a version travels with the message until every service has heard it."""
        self.entries.append(entry)
        if entry.version is not None:
            self.record.unheard.append(entry)


async def save(tx: Transaction, changes: Sequence[Change]) -> None:
    """Write these changes, hint at them, and say the orders whose version rose."""
    for change in changes:
        change.record.revision += 1
        change.record.updated_at = tx.now
    await _save_orders(tx, changes)
    await _save_lines(tx, changes)
    rows = [_parcel_row(change.record, parcel) for change in changes for parcel in change.parcels]
    if rows:
        update_ = ("carrier", "tracking_number", "tracking_url", "revision")
        await tx.execute(upsert(tx.conn, parcels, keys=["order_id", "number"], update=update_), rows)
    await _save_terms(tx, changes)
    await save_entries(tx, [(change.record.id, entry) for change in changes for entry in change.entries])
    for change in changes:
        tx.hint(change.record.id, change.record.revision)
    risen = [one.record for one in changes if any(entry.version == one.record.version for entry in one.entries)]
    for message in await order_messages(tx.conn, risen):
        tx.send(message)


async def save_entries(tx: Transaction, found: Sequence[tuple[str, EntryRecord]]) -> None:
    """Add entries to the history."""
    if found:
        await tx.execute(entries.insert(), [_entry_row(order_id, entry) for order_id, entry in found])


async def _save_terms(tx: Transaction, changes: Sequence[Change]) -> None:
    """What the orders are found by, where that changed."""
    await add_terms(tx, [change.record for change in changes if change.new])
    known = [change for change in changes if not change.new]
    for kind in Kind:
        await renew_terms(tx, kind, [change.record for change in known if change.finds_else(kind)])


async def _save_orders(tx: Transaction, changes: Sequence[Change]) -> None:
    fresh = [_order_row(change.record) for change in changes if change.new]
    known = [_order_update(change.record) for change in changes if not change.new]
    if fresh:
        await tx.execute(orders.insert(), fresh)
    if known:
        await tx.execute(_update_orders, known)
    details = [_details_update(change.record) for change in changes if change.details and not change.new]
    if details:
        await tx.execute(_update_orders, details)


async def _save_lines(tx: Transaction, changes: Sequence[Change]) -> None:
    removed = [(change.record.id, line) for change in changes for line in change.removed_lines]
    if removed:
        await tx.execute(delete(lines).where(tuple_(lines.c.order_id, lines.c.id).in_(removed)))
    rows = [_line_row(change.record, line) for change in changes for line in change.lines]
    if rows:
        await tx.execute(upsert(tx.conn, lines, keys=["order_id", "id"], update=_LINE_COLUMNS), rows)


def _order_row(record: OrderRecord) -> dict[str, Any]:
    return {column.name: getattr(record, column.name) for column in orders.c}


def _order_update(record: OrderRecord) -> dict[str, Any]:
    return {"the_id": record.id, **{name: getattr(record, name) for name in _MUTABLE}}


def _details_update(record: OrderRecord) -> dict[str, Any]:
    return {"the_id": record.id, **{name: getattr(record, name) for name in _DETAILS}}


def _line_row(record: OrderRecord, line: LineRecord) -> dict[str, Any]:
    stock = line.quantities
    return {
        "order_id": record.id,
        "id": line.id,
        "sku": line.sku,
        "name": line.name,
        "kind": line.kind,
        "stocked": stock.stocked,
        "quantity": stock.ordered,
        "hold": stock.hold,
        "shipped": stock.shipped,
        "restocked": stock.restocked,
        "scrapped": stock.scrapped,
        "frozen": stock.frozen,
        "waits": _waits(stock.waits),
        "unit_price": line.unit_price,
        "tax_rate": line.tax_rate,
        "net": line.net,
        "tax": line.tax,
        "gross": line.gross,
        "external_id": line.external_id,
        "discount": line.discount,
        "booked_for": line.booked_for,
        "price_list": line.price_list,
        "shipped_before": stock.shipped_before,
        "locations": [[at.location, at.shipped, at.restocked, at.scrapped] for at in stock.locations],
    }


def _waits(waits: Iterable[Wait]) -> list[list[Any]]:
    return [[wait.since.isoformat(), wait.quantity] for wait in waits]


def _parcel_row(record: OrderRecord, parcel: ParcelRecord) -> dict[str, Any]:
    return {
        "order_id": record.id,
        "number": parcel.number,
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "shipped_at": parcel.shipped_at,
        "lines": [list(pair) for pair in parcel.lines],
        "revision": parcel.revision,
        "tracking_url": parcel.tracking_url,
    }


def _entry_row(order_id: str, entry: EntryRecord) -> dict[str, Any]:
    return {"order_id": order_id, **{name: getattr(entry, name) for name in EntryRecord.__slots__}}
