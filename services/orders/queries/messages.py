"""An order record as the message `orders.order.v1`: the whole order as it now is.

Types become numbers and levels here, so that no other service interprets them.
"""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.publication import opens
from services.orders.domain.types import BACK, Marketplace, levels, tombstone_levels
from services.orders.queries.catalogue import publishing_shops
from services.orders.queries.records import EntryRecord, LineRecord, OrderRecord, ParcelRecord
from shared import contracts


async def order_messages(conn: AsyncConnection, records: Sequence[OrderRecord]) -> list[contracts.Order]:
    """The messages that say how these orders now stand."""
    publishing = await publishing_shops(conn, {record.shop for record in records if record.history_token})
    return [order_message(record, publishes=record.shop in publishing) for record in records]


def order_message(record: OrderRecord, *, publishes: bool) -> contracts.Order:
    """The message of an order; `publishes`: its shop publishes histories."""
    return contracts.Order(
        shop=record.shop,
        version=record.version,
        id=record.id,
        code=record.code,
        deleted=record.deleted_at is not None,
        erased=record.erased,
        test=record.test,
        channel=contracts.Channel(record.channel),
        external_id=record.external_id,
        placed_at=record.placed_at,
        currency=record.currency,
        prices_include_tax=record.prices_include_tax,
        language=record.language,
        status=_status(record.status, record.type),
        levels=_levels(record),
        shown=contracts.Shown(record.shown),
        invoice_wanted=record.invoice_wanted,
        customer=contracts.Customer(**record.customer),
        billing_address=_address(record.billing_address),
        shipping_address=_address(record.shipping_address),
        lines=tuple(_line(line) for line in record.lines),
        parcels=tuple(_parcel(parcel) for parcel in record.shipments),
        history_token=_token(record, publishes),
        totals=contracts.Totals(net=record.net, tax=record.tax, gross=record.gross),
        carrier=record.carrier,
        shipping_method=record.shipping_method,
        pickup_point=None if record.pickup is None else contracts.PickupPoint.model_validate(record.pickup),
        payment_method=record.payment_method,
        purchase_order=record.purchase_order,
        adjustments=tuple(contracts.Adjustment.model_validate(found) for found in record.adjustments),
        paid_before=record.paid_before,
        refunded_before=record.refunded_before,
        entries=tuple(_entry(entry) for entry in record.unheard if entry.version is not None),
    )


def _status(mnemonic: str, type_: str) -> contracts.Status:
    return contracts.Status(mnemonic=mnemonic, type=contracts.StatusType(type_))


def _token(record: OrderRecord, publishes: bool) -> str | None:
    """A mail has the link that it is told: none that would open nothing."""
    living = record.deleted_at is None
    return (record.history_token or None) if living and opens(record.shown, publishes) else None


def _levels(record: OrderRecord) -> contracts.Levels:
    """A marketplace that closed the order itself is told no cancellation and no refund."""
    if record.deleted_at is None:
        found = levels(record.type)
    else:
        found = tombstone_levels(
            record.type, credit=record.credit_on_deletion, anything_shipped=record.anything_shipped
        )
    silent = record.imported_as in BACK and found.marketplace in (Marketplace.CANCELLED, Marketplace.REFUND_REPORTED)
    return contracts.Levels(
        payable=found.payable,
        invoicing=contracts.Invoicing(found.invoicing),
        marketplace=contracts.Marketplace.NONE if silent else contracts.Marketplace(found.marketplace),
    )


def _address(address: dict[str, str] | None) -> contracts.Address | None:
    return None if address is None else contracts.Address(**address)


def _line(line: LineRecord) -> contracts.Line:
    stock = line.quantities
    return contracts.Line(
        id=line.id,
        sku=line.sku,
        name=line.name,
        kind=contracts.LineKind(line.kind),
        stocked=stock.stocked,
        quantity=stock.ordered,
        hold=stock.hold,
        shipped=stock.shipped,
        shipped_before=stock.shipped_before,
        restocked=stock.restocked,
        scrapped=stock.scrapped,
        waits=tuple(contracts.Wait(since=wait.since, quantity=wait.quantity) for wait in stock.waits),
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        net=line.net,
        tax=line.tax,
        gross=line.gross,
        external_id=line.external_id,
        discount=line.discount,
        booked_for=line.booked_for,
        locations=tuple(contracts.LocationQuantities(**asdict(at)) for at in stock.locations),
    )


def _parcel(parcel: ParcelRecord) -> contracts.Parcel:
    return contracts.Parcel(
        number=parcel.number,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        shipped_at=parcel.shipped_at,
        lines=tuple(contracts.ParcelLine(line=line, quantity=quantity) for line, quantity in parcel.lines),
        revision=parcel.revision,
        tracking_url=parcel.tracking_url,
    )


def _entry(entry: EntryRecord) -> contracts.Entry:
    return contracts.Entry(
        id=entry.id,
        version=entry.version or 0,
        at=entry.at,
        status=_status(entry.status, entry.type),
        publish=entry.publish,
        mail=entry.mail,
        mail_admins=entry.mail_admins,
        sms=entry.sms,
        resend=entry.resend,
        texts=contracts.Texts(**entry.texts),
        message=entry.message,
        traceparent=entry.traceparent,
    )
