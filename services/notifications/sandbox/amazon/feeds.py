"""The feeds of the Amazon-shaped sandbox: documents in, a feed that takes a moment, a processing report out.

It cancels orders and pays money back as Amazon does: a shipped order is not cancelled, and nobody gets back more than
was paid.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from services.notifications.sandbox.amazon.orders import Orders, stamp
from shared.database import Clock

CANCELLATION = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
REFUND = "POST_PAYMENT_ADJUSTMENT_DATA"
KINDS = frozenset({CANCELLATION, REFUND})

Json = dict[str, Any]


class Feeds:
    """Documents and feeds of one seller. A feed is in progress at the first look, and done at the second."""

    def __init__(self, orders: Orders, clock: Clock) -> None:
        self._orders = orders
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

    def create(self, kind: str, name: str, marketplaces: list[str]) -> str | None:
        """A feed of this document; None where there is no such document, or nobody knows the kind."""
        content = self._documents.get(name)
        if content is None or kind not in KINDS:
            return None
        feed, report = f"{50000 + len(self._feeds)}", self.document()
        self._documents[report] = _report(self._do(kind, content))
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

    def _refund(self, order: str, root: etree._Element) -> str | None:
        item = root.findtext(".//AmazonOrderItemCode") or ""
        try:
            amount = Decimal(root.findtext(".//Amount") or "")
        except InvalidOperation:
            return "The amount is no number."
        paid = self._orders.paid(order, item)
        so_far = self.refunds.get(item, Decimal(0)) + amount
        if paid is not None and so_far > paid:
            return f"{so_far} is more than was paid ({paid})."
        self.refunds[item] = so_far
        return None


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
