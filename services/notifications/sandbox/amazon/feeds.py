"""The feeds of the Amazon-shaped sandbox: documents in, a feed that takes a moment, a processing report out.

It cancels orders and pays money back as Amazon does: a shipped order is not cancelled, and nobody gets back more than
was paid, of goods and delivery apart.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from lxml import etree

from services.notifications.sandbox.amazon.orders import Orders, stamp
from shared.database import Clock

CANCELLATION = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND = "POST_PAYMENT_ADJUSTMENT_DATA"
LISTINGS = "JSON_LISTINGS_FEED"
KINDS = frozenset({CANCELLATION, REFUND, LISTINGS})
NO_TYPE = "NO_SUCH_TYPE"
PRINCIPAL = "Principal"
PAID_AS = {PRINCIPAL: "ITEM", "Shipping": "SHIPPING", "GiftWrap": "GIFT_WRAP", "COD": "COD_FEE"}
"""How an order calls what the buyer paid, by the component of a refund."""

Json = dict[str, Any]


class Feeds:
    """Documents and feeds of one seller. A feed is in progress at the first look, and done at the second."""

    def __init__(self, orders: Orders, quantities: dict[str, int], clock: Clock) -> None:
        self._orders = orders
        self._quantities = quantities
        self._clock = clock
        self._documents: dict[str, bytes | None] = {}
        self._feeds: dict[str, Json] = {}
        self._looks: dict[str, int] = {}
        self.refunds: dict[str, Decimal] = {}

    def document(self) -> str:
        """A place for a document."""
        name = f"amzn1.tortuga.4.eu.{len(self._documents) + 1:06d}"
        self._documents[name] = None
        return name

    def put(self, name: str, content: bytes) -> bool:
        """Its content; whether the place is known and empty."""
        if name not in self._documents or self._documents[name] is not None:
            return False
        self._documents[name] = content
        return True

    def get(self, name: str) -> bytes | None:
        """The content of a document, a report's too."""
        return self._documents.get(name)

    def documents(self) -> list[bytes]:
        """Everything that was put, and every report."""
        return [content for content in self._documents.values() if content is not None]

    def create(self, kind: str, name: str, marketplaces: list[str]) -> str | None:
        """A feed of this document; None where there is no such document, or nobody knows the kind."""
        content = self._documents.get(name)
        if content is None or kind not in KINDS:
            return None
        feed, report = f"{50000 + len(self._feeds)}", self.document()
        self._documents[report] = self._list(feed, content) if kind == LISTINGS else _report(self._do(kind, content))
        self._feeds[feed] = _feed(feed, kind, marketplaces, report, self._clock())
        return feed

    def look(self, feed: str) -> Json | None:
        """How it goes with a feed."""
        found = self._feeds.get(feed)
        if found is None:
            return None
        self._looks[feed] = self._looks.get(feed, 0) + 1
        if self._looks[feed] > 1:
            return found
        unfinished = {key: value for key, value in found.items() if key != "resultFeedDocumentId"}
        return unfinished | {"processingStatus": "IN_PROGRESS"}

    def _do(self, kind: str, content: bytes) -> str | None:
        """Do what the document says; why not."""
        try:
            root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            return "The document is no XML."
        order = root.findtext(".//AmazonOrderID") or ""
        if kind == CANCELLATION:
            failed = root.findtext(".//StatusCode") == "Failure" and self._orders.cancel(order)
            return None if failed else "The order is shipped and cannot be cancelled."
        return self._refund(order, root)

    def _list(self, feed: str, content: bytes) -> bytes:
        """Take the quantities of a listings feed; a product type nobody knows is refused, as Amazon does."""
        try:
            messages = orjson.loads(content)["messages"]
        except (ValueError, LookupError, TypeError):
            messages = []
        issues = []
        for message in messages:
            if message["productType"] == NO_TYPE:
                issues.append(_issue(message))
            else:
                self._quantities[message["sku"]] = message["patches"][0]["value"][0]["quantity"]
        summary = {
            "errors": len(issues),
            "warnings": 0,
            "messagesProcessed": len(messages),
            "messagesAccepted": len(messages) - len(issues),
            "messagesInvalid": len(issues),
        }
        header = {"sellerId": "A1SANDBOX", "version": "2.0", "feedId": feed}
        return orjson.dumps({"header": header, "issues": issues, "summary": summary})

    def _refund(self, order: str, root: etree._Element) -> str | None:
        """Pay back every component of the document, or none and why."""
        wanted = dict(self.refunds)
        for item in root.iter("AdjustedItem"):
            code = item.findtext("AmazonOrderItemCode") or ""
            for component in item.iter("Component"):
                kind = component.findtext("Type") or ""
                try:
                    amount = Decimal(component.findtext("Amount") or "")
                except InvalidOperation:
                    return "The amount is no number."
                key = code if kind == PRINCIPAL else f"{code}/{kind}"
                wanted[key] = wanted.get(key, Decimal(0)) + amount
                paid = self._orders.paid(order, code, PAID_AS.get(kind, ""))
                if paid is not None and wanted[key] > paid:
                    return f"{wanted[key]} is more than was paid of {kind} for the item '{code}' ({paid})."
        self.refunds = wanted
        return None


def _issue(message: Json) -> Json:
    said = f"'{message['productType']}' is no product type."
    return {
        "messageId": message["messageId"],
        "sku": message["sku"],
        "code": "4000001",
        "severity": "ERROR",
        "message": said,
    }


def _feed(feed: str, kind: str, marketplaces: list[str], report: str, now: datetime) -> Json:
    return {
        "feedId": feed,
        "feedType": kind,
        "marketplaceIds": marketplaces,
        "createdTime": stamp(now),
        "processingStatus": "DONE",
        "processingStartTime": stamp(now),
        "processingEndTime": stamp(now),
        "resultFeedDocumentId": report,
    }


def _report(wrong: str | None) -> bytes:
    root = etree.Element("AmazonEnvelope")
    etree.SubElement(root, "MessageType").text = "ProcessingReport"
    message = etree.SubElement(root, "Message")
    etree.SubElement(message, "MessageID").text = "1"
    report = etree.SubElement(message, "ProcessingReport")
    etree.SubElement(report, "StatusCode").text = "Complete"
    summary = etree.SubElement(report, "ProcessingSummary")
    for name, count in (
        ("MessagesProcessed", 1),
        ("MessagesSuccessful", int(wrong is None)),
        ("MessagesWithError", int(wrong is not None)),
        ("MessagesWithWarning", 0),
    ):
        etree.SubElement(summary, name).text = str(count)
    if wrong is not None:
        result = etree.SubElement(report, "Result")
        etree.SubElement(result, "MessageID").text = "1"
        etree.SubElement(result, "ResultCode").text = "Error"
        etree.SubElement(result, "ResultMessageCode").text = "18028"
        etree.SubElement(result, "ResultDescription").text = wrong
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
