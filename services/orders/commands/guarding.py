"""What a line's kind and the shop's guard rule out, whichever command asks.

The kind: a cancellation, a deletion, that something comes back; a manager may do it all the same (`domain.kinds` has
the rules). The guard: parcels without a carrier and a tracking number. Neighbours: `moving`, `deleting` and `editing`
ask.
"""

from datetime import datetime

from services.orders.commands.entries import Actor
from services.orders.commands.inputs import CorrectParcel
from services.orders.domain.kinds import uncancellable, unreturnable
from services.orders.domain.quantities import Lines
from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import ShopRules
from services.orders.queries.records import OrderRecord, ParcelRecord
from shared.problems import Invalid, Problem

_TRACKED = (StatusType.PARTIALLY_SHIPPED, StatusType.SHIPPED)
"""What is handed over in the shop goes straight to `delivered` and has no number."""
TRACKING = ("carrier", "tracking_number")


class Uncancellable(Problem):
    """The kind of a line rules out a cancellation."""

    slug = "uncancellable"
    title = "The order cannot be cancelled any more"


class Unreturnable(Problem):
    """The kind of a line rules out that it comes back."""

    slug = "unreturnable"
    title = "These lines cannot come back"


class TrackingNeeded(Invalid):
    """The shop ships nothing without a carrier and a tracking number."""

    slug = "tracking-needed"
    title = "Carrier and tracking number are needed"


def against_cancelling(record: OrderRecord, actor: Actor, now: datetime) -> list[str]:
    """Why the order cannot be cancelled, or deleted, by this actor; nothing was sold by a draft."""
    if actor.manager or record.type in (StatusType.DRAFT, StatusType.CANCELLED):
        return []
    return uncancellable(record.sold, now)


def check_return(record: OrderRecord, after: Lines, actor: Actor, now: datetime) -> None:
    """Refuse a decision by which something comes back that cannot (`Unreturnable`)."""
    back = {line.id for line, was in zip(after, record.quantities, strict=True) if line.restocked > was.restocked}
    reasons = unreturnable([sold for sold in record.sold if sold.line in back], now)
    if reasons and not actor.manager:
        detail = f"{' '.join(reasons)} Decide 'lines' or 'none', or ask a manager."
        raise Unreturnable(detail, reasons=reasons)


def needs_tracking(rules: ShopRules, type_: StatusType) -> bool:
    """Whether the shop's guard looks at parcels that leave with this type."""
    return rules.tracking_required and type_ in _TRACKED


def check_correction(record: OrderRecord, parcel: ParcelRecord, rules: ShopRules, request: CorrectParcel) -> None:
    """Refuse to take from a parcel of goods what the shop's guard asked of it, or would ask of it now."""
    if not rules.tracking_required or not holds_goods(record, parcel):
        return
    asked = [field for field in TRACKING if needs_tracking(rules, record.type) or getattr(parcel, field)]
    if missing := [field for field in asked if not getattr(request, field)]:
        detail = f"Parcel {parcel.number} needs a carrier and a tracking number in this shop: send both."
        raise TrackingNeeded(detail, errors=[{"field": field, "detail": "is needed"} for field in missing])


def holds_goods(record: OrderRecord, parcel: ParcelRecord) -> bool:
    """Whether the parcel has anything that inventory ships."""
    goods = {line.id for line in record.lines if line.quantities.stocked}
    return not goods.isdisjoint(line for line, _quantity in parcel.lines)
