"""Amazon's feeds and listings held to its own files: Prism takes what we send, its published cases are understood."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.notifications.channels.web import http_client
from services.notifications.domain.payloads import Cancelling, Level, Levels, Packed, Part, Payload, Refunding
from services.notifications.domain.results import Call
from services.notifications.domain.verbs import CANCEL, LEVELS, REFUND, STOCK
from services.notifications.marketplaces.amazon import Amazon
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Outcome
from tests.notifications.counterparts import Scripted, amazon_account
from tests.notifications.driver import NOON, Clock
from tests.notifications.test_vendors_files import WithTokens

Prism = Callable[[str], str]
FEEDS = "amazon/feeds_2021-06-30.json"
ORDERS = "amazon/orders_2026-01-01.json"
LISTINGS = "amazon/listingsItems_2021-08-01.json"
STORE = "http://store.invalid/document"
SUMMARY = b"<ProcessingSummary><MessagesSuccessful>1</MessagesSuccessful></ProcessingSummary>"
REPORT = b"<AmazonEnvelope>" + SUMMARY + b"</AmazonEnvelope>"
LEVEL = Level("WINE/1", 4, "WINE")
ASKED: dict[str, Payload] = {
    CANCEL: Cancelling("902-1", (Packed("79039765272157", 1),)),
    REFUND: Refunding("902-1", "79039765272157", "EUR", 1200, 1, 1),
    LEVELS: Levels((Part("obligation", 1, LEVEL),)),
}


def call_of(verb: str, payload: Payload, reference: str | None = None) -> Call:
    return Call("id", "CO-1", orjson.loads(orjson.dumps(payload)), verb=verb, reference=reference, since=NOON)


def amazon(transport: httpx.AsyncBaseTransport, base: str = "http://amazon.invalid") -> Amazon:
    account = amazon_account(base, seller_id="A1SELLER")
    return Amazon(account, http_client(10, transport=transport), MemoryStore(), Clock(), seconds=10)


class AtPrism(WithTokens):
    """Orders and feeds at two mock servers, documents at a store of its own, as Amazon has them."""

    def __init__(self, orders: str, feeds: str, status: str) -> None:
        super().__init__()
        self.status = status
        self.stored: list[bytes] = []
        self._bases = {"orders": httpx.URL(orders), "feeds": httpx.URL(feeds)}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url) == STORE:
            self.stored.append(await request.aread())
            return httpx.Response(200, content=REPORT)
        base = self._bases.get(request.url.path.split("/")[1])
        if base is not None:
            request.url = request.url.copy_with(host=base.host, port=base.port)
        answer = await super().handle_async_request(request)
        await answer.aread()
        said = answer.json() if answer.content else {}
        if "url" in said:  # Prism makes values up: no address, no state
            said["url"] = STORE
            said.pop("compressionAlgorithm", None)
        if "processingStatus" in said:
            said["processingStatus"] = self.status
        return httpx.Response(answer.status_code, json=said)


@pytest.mark.slow
@pytest.mark.parametrize("verb", [CANCEL, REFUND])
async def test_prism_accepts_a_feed_from_its_document_to_its_report(prism: Prism, verb: str) -> None:
    vendor = AtPrism(prism(ORDERS), prism(FEEDS), "DONE")
    seller = amazon(vendor)
    handed_in = await seller.send(call_of(verb, ASKED[verb]))
    assert (handed_in.outcome, bool(handed_in.reference)) == (Outcome.UNKNOWN, True)
    ended = await seller.send(call_of(verb, ASKED[verb], handed_in.reference))
    await seller.close()
    assert (ended.outcome, ended.reason) == (Outcome.DONE, "processed by Amazon")
    assert [content[:5] for content in vendor.stored] == [b"<?xml", b""], "put, and the report fetched"


@pytest.mark.slow
async def test_prism_accepts_levels_by_feed(prism: Prism) -> None:
    vendor = AtPrism(prism(ORDERS), prism(FEEDS), "IN_QUEUE")
    seller = amazon(vendor)
    handed_in = await seller.send(call_of(LEVELS, ASKED[LEVELS]))
    waiting = await seller.send(call_of(LEVELS, ASKED[LEVELS], handed_in.reference))
    await seller.close()
    assert (handed_in.outcome, waiting.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert orjson.loads(vendor.stored[0])["messages"][0]["sku"] == "WINE/1"


def published(path: Path, route: str, method: str, status: str) -> list[tuple[Any, httpx.Response]]:
    """(request body, answer) of the sandbox's cases that stand in Amazon's file."""
    answers = orjson.loads(path.read_bytes())["paths"][route][method]["responses"]
    cases = answers[status]["x-amzn-api-sandbox"]["static"]
    return [
        (
            case["request"]["parameters"].get("body", {}).get("value"),
            httpx.Response(int(status), json=case.get("response")),
        )
        for case in cases
    ]


async def test_amazons_published_feeds_are_ours(specs_dir: Path) -> None:
    base = "/feeds/2021-06-30"
    file = specs_dir / FEEDS
    [(document, made)] = published(file, f"{base}/documents", "post", "201")
    [(feed, created)] = published(file, f"{base}/feeds", "post", "202")
    [(_, looked)] = published(file, f"{base}/feeds/{{feedId}}", "get", "200")
    open_order = httpx.Response(200, json={"order": {"orderId": "902-1"}})
    vendor = Scripted(open_order, made, httpx.Response(200), created, looked)
    seller = amazon(vendor)
    handed_in = await seller.send(call_of(CANCEL, ASKED[CANCEL]))
    assert handed_in.reference == created.json()["feedId"]
    bodies = [orjson.loads(request.content) for request in vendor.requests if request.method == "POST"]
    assert [body.keys() for body in bodies] == [document.keys(), feed.keys()]
    assert bodies[1]["inputFeedDocumentId"] == made.json()["feedDocumentId"]
    assert str(vendor.requests[2].url) == made.json()["url"]
    ended = await seller.send(call_of(CANCEL, ASKED[CANCEL], handed_in.reference))
    assert (ended.outcome, ended.reason) == (Outcome.REJECTED, "Amazon ended feed 3485934 as CANCELLED")


async def test_amazons_published_levels_are_understood(specs_dir: Path) -> None:
    route = "/listings/2021-08-01/items/{sellerId}/{sku}"
    outcomes = []
    for status in ("200", "400"):
        for _, answer in published(specs_dir / LISTINGS, route, "patch", status):
            result = await amazon(Scripted(answer)).send(call_of(STOCK, LEVEL))
            outcomes.append((answer.json().get("status"), result.outcome))
    assert outcomes == [
        ("ACCEPTED", Outcome.DONE),
        ("VALID", Outcome.DONE),
        ("INVALID", Outcome.REJECTED),
        (None, Outcome.REJECTED),
    ]
