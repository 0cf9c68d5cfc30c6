"""What Amazon is told of an order by feed: that it is cancelled, and what is paid back of it.

A cancelled order is cancelled once however often it is said, so an attempt in doubt looks at the order and says it
again. Money paid back twice is paid back twice: there the doubt is a person's.
"""

from decimal import Decimal

from lxml import etree

from services.notifications.domain.payloads import Cancelling, Refunding
from services.notifications.marketplaces.amazon.feeds import envelope
from shared.money import exponent

CANCELLATION = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND = "POST_PAYMENT_ADJUSTMENT_DATA"


def cancellation(seller: str, cancelling: Cancelling) -> bytes:
    """An order acknowledged as failed, which is how Amazon's feed says cancelled."""
    message = etree.Element("OrderAcknowledgement")
    etree.SubElement(message, "AmazonOrderID").text = cancelling.order
    etree.SubElement(message, "StatusCode").text = "Failure"
    for packed in cancelling.items:
        item = etree.SubElement(message, "Item")
        etree.SubElement(item, "AmazonOrderItemCode").text = packed.item
        etree.SubElement(item, "CancelReason").text = "NoInventory"
    return envelope(seller, "OrderAcknowledgement", message)


def refund(seller: str, refunding: Refunding) -> bytes:
    """Money back for one item."""
    message = etree.Element("OrderAdjustment")
    etree.SubElement(message, "AmazonOrderID").text = refunding.order
    item = etree.SubElement(message, "AdjustedItem")
    etree.SubElement(item, "AmazonOrderItemCode").text = refunding.item
    etree.SubElement(item, "AdjustmentReason").text = "CustomerReturn"
    component = etree.SubElement(etree.SubElement(item, "ItemPriceAdjustments"), "Component")
    etree.SubElement(component, "Type").text = "Principal"
    amount = etree.SubElement(component, "Amount", currency=refunding.currency)
    amount.text = str(Decimal(refunding.amount).scaleb(-exponent(refunding.currency)))
    return envelope(seller, "OrderAdjustment", message)
