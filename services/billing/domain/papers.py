"""What a paper says that is no invoice: order form, the order as it stands, receipt, packing slip.

It has the shape of a sealed document's snapshot, so that one layout serves both, and more of the order besides: how to
reach the client, how the goods travel, how it is paid. It has no place in a series and no seal; its number is the
order's code. Neighbours: `snapshot` (the common part), `services.billing.commands.printing` (when one is made).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from services.billing.domain.ledger import Position
from services.billing.domain.payment import Paid, payment_fact
from services.billing.domain.plan import Draft
from services.billing.domain.snapshot import Numbered, snapshot
from shared.contracts import DocumentKind, Line, LineKind, Order, Shop, StatusType
from shared.money import Amounts, from_minor

LONGEST_GIFT = 500


class Paper(StrEnum):
    """The kinds; only the order form is kept, made when the order is placed."""

    ORDER_FORM = "order_form"
    ORDER = "order"
    """The same as the order now stands."""
    RECEIPT = "receipt"
    PACKING_SLIP = "packing_slip"


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper takes from elsewhere than the order: its day, the money, the shop's theme, words for a present."""

    id: str
    day: date
    paid: Paid
    theme: int | None = None
    gift: str | None = None


def is_placed(order: Order) -> bool:
    """Whether a client has ordered: a draft is being typed, and what is erased or deleted has nothing to say."""
    return order.status.type is not StatusType.DRAFT and not (order.deleted or order.erased) and bool(order.lines)


def paper(order: Order, shop: Shop, kind: Paper, printing: Printing) -> dict[str, Any]:
    """The content of a paper, in plain JSON values."""
    lines = [line for line in order.lines if line.quantity]
    positions = tuple(Position.of(line, line.quantity, Amounts(line.net, line.tax, line.gross)) for line in lines)
    draft = Draft(printing.id, DocumentKind.ORDER_FORM, "order", 1, positions)
    numbered = Numbered(order.code, "", 0, printing.day)
    kept = max(0, min(printing.paid.kept, order.totals.gross))
    return snapshot(order, shop, draft, numbered, paid=kept, theme=printing.theme) | {
        "kind": str(kind),
        "version": order.version,
        "test": order.test,
        "contact": {"email": order.customer.email or None, "phone": order.customer.phone},
        "payment": {"method": order.payment_method, "state": str(payment_fact(order, printing.paid))},
        "promotions": [
            {"label": one.label, "code": one.code, "amount": str(from_minor(one.amount, order.currency))}
            for one in order.adjustments
        ],
        "picks": _picks(lines),
        "gift": printing.gift,
    }


def _picks(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """What to take from the shelves, by SKU: what is still to leave, or everything once all has left."""
    goods = [line for line in lines if line.kind in (LineKind.PRODUCT, LineKind.OTHER)]
    left = {line.id: max(0, line.quantity - max(0, line.shipped - line.restocked)) for line in goods}
    if not any(left.values()):
        left = {line.id: line.quantity for line in goods}
    return [
        {"sku": line.sku, "name": line.name, "quantity": left[line.id], "ordered": line.quantity}
        for line in sorted(goods, key=lambda line: (line.sku, line.id))
        if left[line.id]
    ]
