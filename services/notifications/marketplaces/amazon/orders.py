"""Reading a seller's orders: `searchOrders` of 2026-01-01, a page a call, by the moment of their last change.

What Amazon may add to its enumerations is taken as it comes: an unknown status is neither open nor cancelled. Orders
that Amazon ships itself are left to it, pending ones come again when Amazon has the buyer's money.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from services.notifications.domain.channel_orders import Pulled, Seen, Window, nobody
from services.notifications.marketplaces.sessions import named, readable
from shared.contracts import Address, Channel, ChannelLine, ChannelOrder, Customer, LineKind

PATH = "/orders/2026-01-01/orders"
DATA = "BUYER,RECIPIENT,PROCEEDS,CANCELLATION,FULFILLMENT"
STATUS = "fulfillmentStatus"
OPEN = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED"})
KNOWN = OPEN | {"SHIPPED", "CANCELLED"}
CANCELLED = "CANCELLED"
NAMED = KNOWN | {"PENDING_AVAILABILITY", "PENDING", "UNFULFILLABLE"}
BESIDES = {"SHIPPING": "Shipping", "GIFT_WRAP": "Gift wrap", "COD_FEE": "Cash on delivery"}
WITHOUT_TAX = frozenset({"ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"})
"""Marketplaces of countries whose prices are told before tax: the United States, Canada."""
FINEST = Decimal("0.0001")

Json = dict[str, Any]


def question(window: Window, marketplace_id: str) -> dict[str, str]:
    """The query of one page; a page token goes with the very same question."""
    asked = {
        "marketplaceIds": marketplace_id,
        "lastUpdatedAfter": window.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "fulfilledBy": "MERCHANT",
        "maxResultsPerPage": "100",
        "includedData": DATA,
    }
    return asked if window.page is None else asked | {"paginationToken": window.page}


def read_page(shop: str, document: Json) -> Pulled:
    """The orders of an answer, and the token of the next page."""
    found = [
        order for order in document.get("orders") or () if named("amazon", STATUS, status_of(order), NAMED) in KNOWN
    ]
    token = (document.get("pagination") or {}).get("nextToken")
    seen = readable("amazon", lambda order: Seen(read_order(shop, order), status_of(order) in OPEN), found)
    return Pulled(tuple(seen), token or None)


def read_order(shop: str, order: Json) -> ChannelOrder:
    """One order in the house's words."""
    recipient: Json = (order.get("recipient") or {}).get("deliveryAddress") or {}
    window: Json = (order.get("fulfillment") or {}).get("shipByWindow") or {}
    items: list[Json] = order["orderItems"]
    return ChannelOrder(
        shop=shop,
        version=1,
        channel=Channel.AMAZON,
        external_id=order["orderId"],
        placed_at=datetime.fromisoformat(order["createdTime"]),
        currency=_currency(order, items),
        prices_include_tax=(order.get("salesChannel") or {}).get("marketplaceId") not in WITHOUT_TAX,
        customer=_buyer(order, recipient),
        shipping_address=_address(recipient),
        lines=(*map(_line, items), *_besides(items)),
        cancel_requested=any(_asked(item) for item in items),
        cancelled=status_of(order) == CANCELLED,
        ship_by=window.get("latestDateTime"),
    )


def asked_to_cancel(items: Iterable[Json]) -> frozenset[str]:
    """The ids of the items whose buyer asked to cancel them."""
    return frozenset(item["orderItemId"] for item in items if _asked(item))


def shares(items: Iterable[Json], kind: str) -> dict[str, Decimal]:
    """What the buyer paid for one of `BESIDES`, by item: Amazon charges it to the items."""
    found: dict[str, Decimal] = {}
    for item in items:
        for part in (item.get("proceeds") or {}).get("breakdowns") or ():
            if part["type"] == kind:
                paid = found.get(item["orderItemId"], Decimal(0))
                found[item["orderItemId"]] = paid + Decimal(str(part["subtotal"]["amount"]))
    return found


def status_of(order: Json) -> str:
    """`fulfillmentStatus`, as it came."""
    return str((order.get("fulfillment") or {}).get(STATUS) or "")


def _buyer(order: Json, recipient: Json) -> Customer:
    buyer: Json = order.get("buyer") or {}
    return Customer(
        name=buyer.get("buyerName") or recipient.get("name") or "",
        email=buyer.get("buyerEmail") or nobody("amazon", order["orderId"]),
        phone=recipient.get("phone"),
        company=buyer.get("buyerCompanyName") or recipient.get("companyName"),
    )


def _address(found: Json) -> Address | None:
    if not found.get("countryCode"):
        return None
    street = (found.get(f"addressLine{number}") for number in (1, 2, 3))
    return Address(
        name=found.get("name") or "",
        street=", ".join(filter(None, street)),
        postal_code=found.get("postalCode") or "",
        city=found.get("city") or "",
        country=found["countryCode"],
    )


def _line(item: Json) -> ChannelLine:
    product: Json = item["product"]
    sku = product.get("sellerSku") or product.get("asin") or item["orderItemId"]
    return ChannelLine(
        external_id=item["orderItemId"],
        sku=sku,
        title=product.get("title") or sku,
        quantity=item["quantityOrdered"],
        unit_price=_unit_price(item),
    )


def _unit_price(item: Json) -> Decimal:
    """What a unit cost the buyer, discounts shared among the units (Amazon tells their sum, by either sign)."""
    price: Json = (item["product"].get("price") or {}).get("unitPrice") or {}
    unit = Decimal(str(price.get("amount") or "0"))
    parts = (item.get("proceeds") or {}).get("breakdowns") or ()
    off = sum((abs(Decimal(str(one["subtotal"]["amount"]))) for one in parts if one["type"] == "DISCOUNT"), Decimal(0))
    if not off or not item["quantityOrdered"]:
        return unit
    return max(Decimal(0), unit - off / Decimal(item["quantityOrdered"])).quantize(FINEST)


def _besides(items: Sequence[Json]) -> tuple[ChannelLine, ...]:
    """What the buyer paid besides the goods, one line for each kind."""
    sums = {kind: sum(shares(items, kind).values(), Decimal(0)) for kind in BESIDES}
    return tuple(
        ChannelLine(
            external_id=kind.lower(), sku=kind, title=BESIDES[kind], quantity=1, unit_price=total, kind=LineKind.SERVICE
        )
        for kind, total in sorted(sums.items())
        if total > 0
    )


def _currency(order: Json, items: Iterable[Json]) -> str:
    total: Json = (order.get("proceeds") or {}).get("grandTotal") or {}
    prices = ((item["product"].get("price") or {}).get("unitPrice") or {} for item in items)
    return str(total.get("currencyCode") or next((one["currencyCode"] for one in prices if one), "EUR"))


def _asked(item: Json) -> bool:
    """Whether the buyer asked to cancel this item; who else asks, is Amazon itself."""
    request: Json = (item.get("cancellation") or {}).get("cancellationRequest") or {}
    return request.get("requester") == "BUYER"
