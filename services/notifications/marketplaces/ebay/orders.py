"""Reading a seller's orders: `getOrders`, up to 200 a call, by the moment of their last change.

eBay shows an order from the moment of the purchase; it is taken once it is paid. Its cancellation state is always told.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from services.notifications.domain.channel_orders import Pulled, Seen, Window, nobody
from services.notifications.marketplaces.sessions import named, readable
from shared.contracts import Address, Channel, ChannelLine, ChannelOrder, Customer, LineKind

PATH = "/order"
SIZE = 200
OPEN = frozenset({"NOT_STARTED", "IN_PROGRESS"})
FULFILLMENT_STATES = OPEN | {"FULFILLED"}
PAID = frozenset({"PAID", "PARTIALLY_REFUNDED"})
PAYMENT_STATES = PAID | {"FAILED", "FULLY_REFUNDED", "PENDING"}
CANCELLED = "CANCELED"
ASKED = "IN_PROGRESS"
CANCEL_STATES = frozenset({CANCELLED, ASKED, "NONE_REQUESTED"})
FINEST = Decimal("0.0001")
DELIVERY = "shipping"
"""What stands in an item's place where we write down the delivery that was paid: eBay has no item of it."""

Json = dict[str, Any]


def question(window: Window) -> dict[str, str]:
    """The query of one page, whose name is its offset."""
    since = window.since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"filter": f"lastmodifieddate:[{since}..]", "limit": str(SIZE), "offset": window.page or "0"}


def read_page(shop: str, window: Window, document: Json) -> Pulled:
    """The orders of an answer, and the next offset where there is more."""
    found: list[Json] = document.get("orders") or []
    more = document.get("next")
    offset = str(int(window.page or "0") + len(found)) if more and found else None
    seen = readable("ebay", lambda order: Seen(read_order(shop, order), _open(order)), found)
    return Pulled(tuple(seen), offset)


def read_order(shop: str, order: Json) -> ChannelOrder:
    """One order in the house's words."""
    to = _recipient(order)
    state = named("ebay", "cancelState", cancel_state(order), CANCEL_STATES)
    items: list[Json] = order["lineItems"]
    dates = [(item.get("lineItemFulfillmentInstructions") or {}).get("shipByDate") for item in items]
    return ChannelOrder(
        shop=shop,
        version=1,
        channel=Channel.EBAY,
        external_id=order["orderId"],
        placed_at=datetime.fromisoformat(order["creationDate"]),
        currency=items[0]["lineItemCost"]["currency"],
        customer=_buyer(order, to),
        shipping_address=_address(to),
        lines=(*map(_line, items), *_delivery(order.get("pricingSummary") or {})),
        cancel_requested=state == ASKED,
        cancelled=state == CANCELLED,
        ship_by=min(filter(None, dates), default=None),
    )


def cancel_state(order: Json) -> str:
    """`cancelState`, as it came."""
    return str((order.get("cancelStatus") or {}).get("cancelState") or "")


def _open(order: Json) -> bool:
    paid = named("ebay", "orderPaymentStatus", order.get("orderPaymentStatus"), PAYMENT_STATES) in PAID
    status = named("ebay", "orderFulfillmentStatus", order.get("orderFulfillmentStatus"), FULFILLMENT_STATES)
    return paid and cancel_state(order) != CANCELLED and status in OPEN


def _recipient(order: Json) -> Json:
    for step in order.get("fulfillmentStartInstructions") or ():
        to: Json | None = (step.get("shippingStep") or {}).get("shipTo")
        if to:
            return to
    return {}


def _buyer(order: Json, to: Json) -> Customer:
    buyer: Json = order.get("buyer") or {}
    registered: Json = buyer.get("buyerRegistrationAddress") or {}
    return Customer(
        name=registered.get("fullName") or to.get("fullName") or buyer.get("username") or "",
        email=registered.get("email") or to.get("email") or nobody("ebay", order["orderId"]),
        phone=(to.get("primaryPhone") or {}).get("phoneNumber"),
        company=to.get("companyName"),
    )


def _address(to: Json) -> Address | None:
    found: Json = to.get("contactAddress") or {}
    if not found.get("countryCode"):
        return None
    return Address(
        name=to.get("fullName") or "",
        street=", ".join(filter(None, (found.get("addressLine1"), found.get("addressLine2")))),
        postal_code=found.get("postalCode") or "",
        city=found.get("city") or "",
        country=found["countryCode"],
    )


def _line(item: Json) -> ChannelLine:
    """eBay tells what all units of a line cost together, after its discounts where there are any."""
    cost: Json = item.get("discountedLineItemCost") or item["lineItemCost"]
    sku = item.get("sku") or item.get("legacyItemId") or item["lineItemId"]
    return ChannelLine(
        external_id=item["lineItemId"],
        sku=sku,
        title=item.get("title") or sku,
        quantity=item["quantity"],
        unit_price=(Decimal(str(cost["value"])) / item["quantity"]).quantize(FINEST).normalize() + Decimal("0.00"),
    )


def _delivery(summary: Json) -> tuple[ChannelLine, ...]:
    """What the buyer paid for delivery; its discount is told as a negative amount."""
    cost = sum(
        (Decimal(str((summary.get(name) or {}).get("value") or 0)) for name in ("deliveryCost", "deliveryDiscount")),
        Decimal(0),
    )
    if cost <= 0:
        return ()
    line = ChannelLine(
        external_id=DELIVERY,
        sku="SHIPPING",
        title="Shipping",
        quantity=1,
        unit_price=cost,
        kind=LineKind.SERVICE,
    )
    return (line,)
