"""What the marketplace that an order came from is told of it: every parcel, a cancellation, what is paid back.

Parcels are confirmed whatever the order's type; the other calls follow its present level: a cancellation that was taken
back before it left is never said. Money is paid back line by line, by units: units that came back and then the rest are
two refunds, the second for the difference.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from services.notifications.domain.effects import Key, Wanted
from services.notifications.domain.payloads import Cancelling, Packed, Payload, Refunding, Shipment
from services.notifications.domain.verbs import CANCEL, CONFIRM, REFUND
from shared.contracts import Channel, LineKind, Marketplace, Order, Parcel, StatusType

MARKETPLACE = "marketplace"
MARKETPLACES = frozenset({Channel.AMAZON, Channel.EBAY})


def reports(order: Order) -> bool:
    """Whether a marketplace is told anything at all."""
    if order.channel not in MARKETPLACES or order.test:
        return False
    return bool(order.parcels) or order.levels.marketplace in (Marketplace.CANCELLED, Marketplace.REFUND_REPORTED)


def told(order: Order) -> list[Wanted]:
    """Everything the marketplace is to be told now."""
    if not reports(order):
        return []
    found = [_confirmation(order, parcel, items) for parcel in order.parcels if (items := _packed(order, parcel))]
    if order.external_id is None:
        return found  # the marketplace would not know what we speak of
    if order.levels.marketplace is Marketplace.CANCELLED and not order.parcels:
        goods = (line for line in order.lines if line.kind is LineKind.PRODUCT and line.quantity)
        items = tuple(Packed(line.external_id, line.quantity) for line in goods if line.external_id)
        found.append(_about(order, CANCEL, "order", 0, Cancelling(order.external_id, items)))
    if order.levels.marketplace is Marketplace.REFUND_REPORTED:
        found += _refunds(order, order.external_id)
    return found


def less_reported(wants: Iterable[Wanted], paid: Sequence[Key]) -> Iterator[Wanted]:
    """The same effects, each refund less what earlier ones of its line have, or may have, paid back."""
    for want in wants:
        if isinstance(want.payload, Refunding):
            earlier = (key[4] for key in paid if key[:4] == want.key[:4] and key[4] < want.revision)
            yield replace(want, payload=replace(want.payload, before=max(earlier, default=0)))
        else:
            yield want


def _refunds(order: Order, external_id: str) -> Iterator[Wanted]:
    """One for each line of which units come back, or all; `revision` counts the units paid back in all."""
    everything = order.status.type is StatusType.REFUNDED
    for line in order.lines:
        units = line.quantity if everything else line.restocked
        if line.external_id is None or not line.quantity or not units or line.gross <= 0:
            continue
        payload = Refunding(external_id, line.external_id, order.currency, line.gross, line.quantity, units)
        yield _about(order, REFUND, f"line/{line.id}", units, payload)


def _about(order: Order, verb: str, subject: str, revision: int, payload: Payload) -> Wanted:
    newest = order.entries[-1] if order.entries else None
    return Wanted(
        channel=str(order.channel),
        verb=verb,
        subject=subject,
        role=MARKETPLACE,
        revision=revision,
        sequence=f"{order.id}/{order.channel}/{subject}",
        position=revision,
        asked_at=newest.at if newest else order.placed_at,
        traceparent=newest.traceparent if newest else None,
        payload=payload,
    )


def _confirmation(order: Order, parcel: Parcel, items: tuple[Packed, ...]) -> Wanted:
    """The parcel's confirmation; a correction of carrier or number is a new revision."""
    shipment = Shipment(
        order=order.external_id or order.code,
        number=parcel.number,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        shipped_at=max(parcel.shipped_at, order.placed_at),  # typed in too early, a marketplace refuses it
        items=items,
    )
    want = _about(order, CONFIRM, f"parcel/{parcel.number}", parcel.revision, shipment)
    return want if order.entries else replace(want, asked_at=parcel.shipped_at)


def _packed(order: Order, parcel: Parcel) -> tuple[Packed, ...]:
    """Units per item of the marketplace; our own line number where it gave none, which it will then refuse.

    What was paid for delivery is a line of ours, and no item of the marketplace's.
    """
    services = {line.id for line in order.lines if line.kind is LineKind.SERVICE}
    ids = {line.id: line.external_id or str(line.id) for line in order.lines}
    quantities: dict[str, int] = {}
    for part in parcel.lines:
        if part.line not in services:
            item = ids.get(part.line, str(part.line))
            quantities[item] = quantities.get(item, 0) + part.quantity
    return tuple(Packed(item, quantity) for item, quantity in quantities.items())
