"""An order's history in one list: what people and rules did, and what the services say came of it.

`edited` names the texts that a person wrote for that one change of status.

Entries (status, lines, deletion, warnings, changes of stock and payment) stand in the table; parcels have theirs;
documents and deliveries are read from the newest answers, which say when each happened.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.documents import amount, moment
from services.orders.queries.hearings import BILLING, NOTIFICATIONS, find_bodies
from services.orders.queries.records import EntryRecord, OrderRecord, ParcelRecord, entry_of
from services.orders.tables import entries
from shared.contracts import Account, Delivery, DeliveryItem, Document

_AUTOMATIC = "automatic"
_STATUS = "status"


async def order_timeline(conn: AsyncConnection, record: OrderRecord) -> list[dict[str, Any]]:
    """The items, oldest first."""
    statement = select(entries).where(entries.c.order_id == record.id).order_by(entries.c.id)
    items = [_entry(entry_of(row)) for row in await conn.execute(statement)]
    items += [_parcel(parcel) for parcel in record.shipments]
    bodies = await find_bodies(conn, record.id)
    if BILLING in bodies:
        items += [_document(document, record.currency) for document in Account.decode(bodies[BILLING]).documents]
    if NOTIFICATIONS in bodies:
        items += [_delivery(delivery) for delivery in Delivery.decode(bodies[NOTIFICATIONS]).items]
    items.sort(key=lambda item: item["at"])
    return [{**item, "at": moment(item["at"])} for item in items]


def _item(at: datetime, kind: str, actor: str, text: str, **more: Any) -> dict[str, Any]:
    return {"at": at, "kind": kind, "actor": actor, "text": text, "published": False, "version": None, **more}


def _entry(entry: EntryRecord) -> dict[str, Any]:
    actor = f"{_AUTOMATIC}: {entry.rule}" if entry.rule else entry.actor
    more: dict[str, Any] = {"published": entry.publish, "version": entry.version, "entry": entry.id}
    if entry.texts:
        more["status"] = {"mnemonic": entry.status, "type": entry.type, "name": entry.texts.get("name", entry.status)}
        more["actions"] = {"mail": entry.mail, "mail_admins": entry.mail_admins, "sms": entry.sms}
    if entry.kind == _STATUS and entry.changes:
        more["edited"] = sorted(field.rpartition(".")[2] for field in entry.changes)
    if entry.words:
        more["texts"] = entry.words
    if entry.message:
        more["comment"] = entry.message
    return _item(entry.at, entry.kind, actor, entry.text, **more)


def _parcel(parcel: ParcelRecord) -> dict[str, Any]:
    with_whom = " ".join(filter(None, (parcel.carrier, parcel.tracking_number)))
    text = f"Parcel {parcel.number}" + (f": {with_whom}" if with_whom else "")
    return _item(parcel.shipped_at, "shipment", "orders", text, parcel=parcel.number)


def _document(document: Document, currency: str) -> dict[str, Any]:
    kind = document.kind.replace("_", " ").capitalize()
    text = f"{kind} {document.number}: {amount(document.gross, currency)} {currency}"
    more = {"document": {"id": document.id, "kind": document.kind, "number": document.number}}
    return _item(document.issued_at, "document", BILLING, text, **more)


def _delivery(item: DeliveryItem) -> dict[str, Any]:
    reason = f" ({item.reason})" if item.reason else ""
    text = f"{item.channel} to {item.role}: {item.outcome}{reason}"
    more = {"channel": item.channel, "outcome": item.outcome, "subject": item.subject, "reference": item.reference}
    return _item(item.at, "delivery", NOTIFICATIONS, text, delivery=more)
