"""Feeds: what Amazon takes as a document and answers later, which is how orders are cancelled and money is paid back.

A feed is five steps: a document is made, its content put at the address that came with it, the feed created, looked at
until it is done, and its report read. The first three are one attempt; its reference is the feed's id, and every later
attempt only looks.
"""

import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
from lxml import etree

from services.notifications.channels.web import NoAnswer, NotSent, document, exchange, judge
from services.notifications.domain.results import Result, clip, done, down, rejected, unknown
from services.notifications.marketplaces.sessions import Session, named, page
from shared.contracts import Outcome
from shared.database import Clock

BASE = "/feeds/2021-06-30"
XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
STATES = frozenset({"CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"})
LOOK_AGAIN = 120.0
"""Seconds: a feed takes minutes, and its lane allows one call in two of them."""
LONGEST_REPORT = 5_000_000


class Feeds:
    """The feeds of one seller."""

    def __init__(self, session: Session, marketplace_id: str, clock: Clock, *, seconds: float) -> None:
        self._session = session
        self._marketplace_id = marketplace_id
        self._clock = clock
        self._seconds = seconds

    async def submit(self, kind: str, content: bytes, *, repeatable: bool, media: str = XML) -> Result:
        """Hand a document in. `repeatable`: the same document twice does nothing twice."""
        made = await self._made(media)
        if isinstance(made, Result):
            return made
        try:
            url, headers = str(made["url"]), {"Content-Type": media}
            put = await exchange(
                self._session.http, "PUT", url, seconds=self._seconds, content=content, headers=headers
            )
        except (NotSent, NoAnswer) as error:
            return down(f"the document was not taken: {error}")  # nothing is done before the feed is created
        if not put.is_success:
            return down(f"the document was not taken: {put.status_code}")
        asked = {
            "feedType": kind,
            "marketplaceIds": [self._marketplace_id],
            "inputFeedDocumentId": made["feedDocumentId"],
        }
        created = await self._session.call("POST", f"{BASE}/feeds", json=asked)
        feed = document(created).get("feedId")
        if not created.is_success:
            return judge(created, self._clock(), repeatable=repeatable)
        if not feed:
            return unknown("Amazon took a feed and did not name it", person=not repeatable)
        return _waiting(str(feed))

    async def look(self, feed: str, read: Callable[[str, bytes], Result] | None = None) -> Result:
        """How it goes with a feed; `read` understands its report, `read_report` where it is left out."""
        found = await page(self._session.call("GET", f"{BASE}/feeds/{quote(feed, safe='')}"), self._clock)
        if isinstance(found, Result):
            return found
        match named("amazon", "processingStatus", found.get("processingStatus"), STATES):
            case "DONE":
                return await self._report(feed, found.get("resultFeedDocumentId"), read or read_report)
            case "CANCELLED" | "FATAL" as status:
                return rejected(f"Amazon ended feed {feed} as {status}")
        return _waiting(feed)

    async def _made(self, media: str) -> dict[str, Any] | Result:
        answer = await page(self._session.call("POST", f"{BASE}/documents", json={"contentType": media}), self._clock)
        if isinstance(answer, dict) and not (answer.get("url") and answer.get("feedDocumentId")):
            return down("Amazon gave no place for the document")
        return answer

    async def _report(self, feed: str, report: str | None, read: Callable[[str, bytes], Result]) -> Result:
        if report is None:
            return rejected(f"Amazon finished feed {feed} without a report")
        found = await page(self._session.call("GET", f"{BASE}/documents/{quote(report, safe='')}"), self._clock)
        if isinstance(found, Result):
            return found
        try:
            answer = await exchange(self._session.http, "GET", str(found.get("url")), seconds=self._seconds)
        except (NotSent, NoAnswer) as error:
            return down(f"the report was not read: {error}")
        if not answer.is_success:
            return down(f"the report was not read: {answer.status_code}")
        return read(feed, _plain(answer, found.get("compressionAlgorithm")))


def envelope(seller: str, kind: str, message: etree._Element) -> bytes:
    """A document of one message in Amazon's XML."""
    root = etree.Element("AmazonEnvelope")
    header = etree.SubElement(root, "Header")
    etree.SubElement(header, "DocumentVersion").text = "1.01"
    etree.SubElement(header, "MerchantIdentifier").text = seller
    etree.SubElement(root, "MessageType").text = kind
    wrapped = etree.SubElement(root, "Message")
    etree.SubElement(wrapped, "MessageID").text = "1"
    wrapped.append(message)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def read_report(feed: str, content: bytes) -> Result:
    """What a processing report says of the one message in the feed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return rejected(f"the report of feed {feed} is no XML: look for it at Amazon")
    failed = [one for one in root.iter("Result") if (one.findtext("ResultCode") or "").strip() == "Error"]
    if failed:
        said = (
            f"{one.findtext('ResultMessageCode') or ''} {one.findtext('ResultDescription') or ''}" for one in failed
        )
        return rejected("; ".join(part.strip() for part in said))
    if (root.findtext(".//ProcessingSummary/MessagesSuccessful") or "0").strip() == "0":
        return rejected(f"the report of feed {feed} names no success")
    return done(feed, "processed by Amazon")


def _waiting(feed: str) -> Result:
    return Result(Outcome.UNKNOWN, clip(f"Amazon is processing feed {feed}"), feed, retry_after=LOOK_AGAIN)


def _plain(answer: httpx.Response, compression: str | None) -> bytes:
    """The report's text; empty for what cannot be unpacked within bounds."""
    if compression != "GZIP":
        return answer.content[:LONGEST_REPORT]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(answer.content, LONGEST_REPORT)
    except zlib.error:
        return b""
