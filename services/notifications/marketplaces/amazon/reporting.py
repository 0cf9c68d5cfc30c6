"""What Amazon is told of an order by feed: that it is cancelled, and what is paid back of it.

A cancelled order is cancelled once however often it is said, so an attempt in doubt looks at the order and says it
again. Money paid back twice is paid back twice: there the doubt is a person's. Delivery is no item of Amazon's: it is
paid back as a component of the items that Amazon charged it to.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

from lxml import etree

from services.notifications.domain.payloads import Cancelling, Refunding
from services.notifications.marketplaces.amazon.feeds import envelope
from shared.money import from_minor, to_minor

CANCELLATION = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND = "POST_PAYMENT_ADJUSTMENT_DATA"
BY_BUYER, BY_SELLER = "BuyerCanceled", "NoInventory"
PRINCIPAL = "Principal"
COMPONENTS = {"SHIPPING": "Shipping", "GIFT_WRAP": "GiftWrap", "COD_FEE": "COD"}
"""What a buyer pays besides the goods, and how the feed calls it."""


def cancellation(seller: str, cancelling: Cancelling, asked: Collection[str] = ()) -> bytes:
    """An order acknowledged as failed, which is how Amazon's feed says cancelled; `asked`: items whose buyer asked."""
    message = etree.Element("OrderAcknowledgement")
    etree.SubElement(message, "AmazonOrderID").text = cancelling.order
    etree.SubElement(message, "StatusCode").text = "Failure"
    for packed in cancelling.items:
        item = etree.SubElement(message, "Item")
        etree.SubElement(item, "AmazonOrderItemCode").text = packed.item
        etree.SubElement(item, "CancelReason").text = BY_BUYER if packed.item in asked else BY_SELLER
    return envelope(seller, "OrderAcknowledgement", message)


def besides(refunding: Refunding) -> str | None:
    """Which of `COMPONENTS` is paid back; None: the price of an item."""
    kind = refunding.item.upper()
    return kind if kind in COMPONENTS and refunding.item == kind.lower() else None


def given_back(refunding: Refunding, paid: Mapping[str, Decimal]) -> dict[str, Decimal] | None:
    """What each item gives back of what it was charged besides its price; None: more than all were."""
    left, found = refunding.amount, {}
    for item, charged in paid.items():
        part = min(left, to_minor(charged, refunding.currency))
        if part > 0:
            found[item] = from_minor(part, refunding.currency)
            left -= part
    return None if left else found


def refund(seller: str, refunding: Refunding, parts: Mapping[str, Decimal] | None = None) -> bytes:
    """Money back for one item; with `parts`, for what these items were charged besides."""
    kind = besides(refunding)
    amounts = parts or {refunding.item: from_minor(refunding.amount, refunding.currency)}
    message = etree.Element("OrderAdjustment")
    etree.SubElement(message, "AmazonOrderID").text = refunding.order
    for name, amount in amounts.items():
        item = etree.SubElement(message, "AdjustedItem")
        etree.SubElement(item, "AmazonOrderItemCode").text = name
        etree.SubElement(item, "AdjustmentReason").text = "CustomerReturn"
        component = etree.SubElement(etree.SubElement(item, "ItemPriceAdjustments"), "Component")
        etree.SubElement(component, "Type").text = COMPONENTS[kind] if kind else PRINCIPAL
        etree.SubElement(component, "Amount", currency=refunding.currency).text = str(amount)
    return envelope(seller, "OrderAdjustment", message)
