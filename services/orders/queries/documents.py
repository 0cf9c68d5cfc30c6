"""An order record as the JSON document that the API shows: the body of GET, of POST and of `current` in a conflict."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from services.orders.domain.types import TYPES, Phase
from services.orders.queries.records import LineRecord, OrderRecord, ParcelRecord
from shared.contracts import Reservation
from shared.money import from_minor


def order_document(record: OrderRecord, reservation: Reservation | None = None) -> dict[str, Any]:
    """The whole order; amounts are strings in its currency, `reservation` tells what its lines have got."""
    return {
        "id": record.id,
        "code": record.code,
        "shop": record.shop,
        "version": record.version,
        "revision": record.revision,
        "settled": record.settled,
        "channel": record.channel,
        "external_id": record.external_id,
        "test": record.test,
        "placed_at": moment(record.placed_at),
        "currency": record.currency,
        "prices_include_tax": record.prices_include_tax,
        "language": record.language,
        "on_short": record.on_short,
        "status": {"mnemonic": record.status, "type": record.type, "name": record.status_name},
        "facts": {
            "payment": record.payment,
            "stock": record.stock,
            "invoice": record.invoice,
            "publication": record.shown,
        },
        "warning": record.warning,
        "invoice_wanted": record.invoice_wanted,
        "expires_at": None if record.expires_at is None else moment(record.expires_at),
        "customer": record.customer,
        "customer_id": record.customer_id,
        "customer_group": record.customer_group,
        "billing_address": record.billing_address,
        "shipping_address": record.shipping_address,
        "lines": _lines(record, reservation),
        "parcels": [_parcel(parcel) for parcel in record.shipments],
        "totals": totals(record),
        **_details(record),
    }


def _details(record: OrderRecord) -> dict[str, Any]:
    """What an operator may change without touching lines or status."""
    return {
        "same_as_billing": record.same_as_billing,
        "carrier": record.carrier,
        "shipping_method": record.shipping_method,
        "fulfilment": "delivery" if record.pickup is None else "pickup",
        "pickup": record.pickup,
        "payment_method": record.payment_method,
        "purchase_order": record.purchase_order,
        "operator": record.operator,
        "origin": record.origin,
        "indicator": record.indicator,
        "tags": record.tags,
        "fields": record.fields,
        "archived_at": None if record.archived_at is None else moment(record.archived_at),
        "adjustments": [
            {"promotion": used["promotion"], "code": used["code"], "label": used["label"]}
            | {"amount": amount(-used["amount"], record.currency)}
            for used in record.adjustments
        ],
    }


def totals(record: OrderRecord) -> dict[str, str]:
    """Net, tax, gross, what was paid (less refunds) and what is still due; nothing is due of an order that is back.

    What is due is billing's rule (its `missing`), by the amounts that it last told and the total that is now.
    """
    due = 0 if TYPES[record.type].phase is Phase.BACK else max(0, record.gross - record.paid - record.waived)
    amounts = {"net": record.net, "tax": record.tax, "gross": record.gross, "paid": record.paid, "due": due}
    return {name: amount(value, record.currency) for name, value in amounts.items()}


def amount(minor: int, currency: str) -> str:
    """Minor units as the API writes them."""
    return str(from_minor(minor, currency))


def moment(value: datetime) -> str:
    """A moment as the API writes it."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _lines(record: OrderRecord, reservation: Reservation | None) -> list[dict[str, Any]]:
    reserved = {} if reservation is None else {line.line: line for line in reservation.lines}
    documents = []
    for line in record.lines:
        got = reserved.get(line.id)
        told = {
            "allocated": got.allocated if got else 0,
            "short_reason": got.reason if got else None,
            "unknown_locations": list(got.unknown_locations) if got else [],
        }
        documents.append(_line(line, record.currency) | told)
    return documents


def _line(line: LineRecord, currency: str) -> dict[str, Any]:
    stock = line.quantities
    return {
        "id": line.id,
        "sku": line.sku,
        "name": line.name,
        "kind": line.kind,
        "quantity": stock.ordered,
        "unit_price": f"{line.unit_price:f}",
        "tax_rate": f"{line.tax_rate:f}",
        "net": amount(line.net, currency),
        "tax": amount(line.tax, currency),
        "gross": amount(line.gross, currency),
        "hold": stock.hold,
        "shipped": stock.shipped,
        "restocked": stock.restocked,
        "scrapped": stock.scrapped,
        "locations": [asdict(at) for at in stock.locations],
        "discount": amount(line.discount, currency),
        "external_id": line.external_id,
        "price_list": line.price_list,
        "booked_for": None if line.booked_for is None else moment(line.booked_for),
    }


def _parcel(parcel: ParcelRecord) -> dict[str, Any]:
    return {
        "number": parcel.number,
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "shipped_at": moment(parcel.shipped_at),
        "lines": [{"line": line, "quantity": quantity} for line, quantity in parcel.lines],
        "revision": parcel.revision,
        "tracking_url": parcel.tracking_url,
    }
