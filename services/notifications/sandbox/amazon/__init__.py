"""An Amazon-shaped counterpart: tokens, orders that are bought and read, `confirmShipment`, quantities of listings.

Any order id is taken. The same package reference again edits the package, as Amazon's documentation says. Neighbours:
`orders` (its memory), `schemas` (what it refuses), `..buying` (who buys).
"""

import secrets
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.notifications.sandbox.amazon.feeds import Feeds
from services.notifications.sandbox.amazon.orders import PAGE, Orders
from services.notifications.sandbox.amazon.schemas import CONFIRMATION, FEED, PATCH
from services.notifications.sandbox.vendors import Answer, Bearer, as_form, as_json, effect, respond, seen, violations
from shared.database import Clock
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

FAULTS = {
    Kind.BUSY: (429, "QuotaExceeded", "You exceeded your quota for the requested resource."),
    Kind.FAILING: (500, "InternalFailure", "We encountered an internal error. Please try again."),
}


class AmazonSandbox:
    """Orders, packages and quantities of one seller."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self.orders = Orders(clock)
        self.quantities: dict[str, int] = {}
        self.feeds = Feeds(self.orders, self.quantities, clock)
        self._bearer = Bearer(3600)

    def router(self) -> APIRouter:
        """The vendor's paths below `/sandbox/amazon`."""
        router = APIRouter(prefix="/sandbox/amazon", dependencies=[Depends(open_to_all)], include_in_schema=False)
        router.add_api_route("/auth/o2/token", self._token, methods=["POST"])
        router.add_api_route("/orders/v0/orders/{order}/shipmentConfirmation", self._confirm, methods=["POST"])
        router.add_api_route("/orders/2026-01-01/orders", self._search, methods=["GET"])
        router.add_api_route("/orders/2026-01-01/orders/{order}", self._order, methods=["GET"])
        router.add_api_route("/feeds/2021-06-30/documents", self._document, methods=["POST"])
        router.add_api_route("/feeds/2021-06-30/documents/{name}", self._find_document, methods=["GET"])
        router.add_api_route("/feeds/2021-06-30/feeds", self._feed, methods=["POST"])
        router.add_api_route("/feeds/2021-06-30/feeds/{feed}", self._look, methods=["GET"])
        router.add_api_route("/documents/{name}", self._put, methods=["PUT"])
        router.add_api_route("/documents/{name}", self._get, methods=["GET"])
        router.add_api_route("/listings/2021-08-01/items/{seller}/{sku:path}", self._patch, methods=["PATCH"])
        return router

    async def _token(self, request: Request) -> Response:
        content = await request.body()
        form = as_form(content)
        return respond(
            self._bearer.grant(content, identified=bool(form.get("client_id") and form.get("client_secret")))
        )

    def _refused(self, request: Request) -> Response | None:
        if self.ledger.fault.kind is Kind.EXPIRED:
            self.ledger.take_fault()
            return respond(_unauthorized())
        known = self._bearer.accepts(request.headers.get("x-amz-access-token"))
        return None if known else respond(_unauthorized())

    async def _confirm(self, order: str, request: Request) -> Response:
        return await self._changing(order, request, lambda body: self._confirmed(order, body))

    def _confirmed(self, order: str, body: Any) -> Answer:
        if wrong := violations(CONFIRMATION, body):
            return _error(400, "InvalidInput", "; ".join(wrong))
        if refused := self.orders.confirm(order, body["packageDetail"]):
            return _error(400, "InvalidInput", refused)
        return 204, None, {"x-amzn-RequestId": secrets.token_hex(8), "x-amzn-RateLimit-Limit": "2.0"}

    async def _patch(self, seller: str, sku: str, request: Request) -> Response:
        if not request.query_params.get("marketplaceIds"):
            return respond(_error(400, "InvalidInput", "marketplaceIds is missing"))
        return await self._changing(sku, request, lambda body: self._patched(sku, body))

    def _patched(self, sku: str, body: Any) -> Answer:
        if wrong := violations(PATCH, body):
            return _error(400, "InvalidInput", "; ".join(wrong))
        value = body["patches"][0].get("value") or [{}]
        quantity = value[0].get("quantity")
        if not isinstance(quantity, int) or quantity < 0:
            return 200, _submission(sku, "INVALID", "'quantity' must be a whole number"), {}
        self.quantities[sku] = quantity
        return 200, _submission(sku, "ACCEPTED"), {"x-amzn-RateLimit-Limit": "5.0"}

    async def _document(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        name = self.feeds.document()
        return respond((201, {"feedDocumentId": name, "url": _place(request, name)}, {}))

    async def _find_document(self, name: str, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        if self.feeds.get(name) is None:
            return respond(_error(404, "NotFound", "There is no such document."))
        return respond((200, {"feedDocumentId": name, "url": _place(request, name)}, {}))

    async def _put(self, name: str, request: Request) -> Response:
        """The place that `createFeedDocument` named: no token, as it is no call of the API."""
        return Response(status_code=200 if self.feeds.put(name, await request.body()) else 403)

    async def _get(self, name: str) -> Response:
        content = self.feeds.get(name)
        return Response(content, 200, media_type="text/xml") if content is not None else Response(status_code=403)

    async def _feed(self, request: Request) -> Response:
        return await self._changing(None, request, self._created)

    def _created(self, body: Any) -> Answer:
        if wrong := violations(FEED, body):
            return _error(400, "InvalidInput", "; ".join(wrong))
        feed = self.feeds.create(body["feedType"], body["inputFeedDocumentId"], body["marketplaceIds"])
        if feed is None:
            return _error(400, "InvalidInput", "The document has no content, or the feed type is unknown.")
        return 202, {"feedId": feed}, {}

    async def _look(self, feed: str, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        found = self.feeds.look(feed)
        return respond((200, found, {}) if found else _error(404, "NotFound", "There is no such feed."))

    async def _changing(self, about: str | None, request: Request, act: Callable[[Any], Answer]) -> Response:
        """A call that changes something: authorised, noted, and struck by the fault that was ordered."""
        if refused := self._refused(request):
            return refused
        content = await request.body()
        body = as_json(content)
        shown = seen(request, body if body is not None else content.decode("utf-8", "replace"))
        return await effect(self.ledger, about, shown, lambda: act(body), _fault)

    async def _search(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        asked = request.query_params
        since = asked.get("lastUpdatedAfter")
        if since is None or not asked.get("marketplaceIds"):
            return respond(_error(400, "InvalidInput", "lastUpdatedAfter and marketplaceIds are needed"))
        size = asked.get("maxResultsPerPage", str(PAGE))
        if not (size.isdecimal() and 1 <= int(size) <= PAGE):
            return respond(_error(400, "InvalidInput", "maxResultsPerPage is from 1 to 100"))
        found = self.orders.search(since, asked.get("paginationToken"), int(size))
        if found is None:
            return respond(_error(400, "InvalidInput", "the paginationToken is unknown"))
        return respond((200, found, {"x-amzn-RateLimit-Limit": "0.0056"}))

    async def _order(self, order: str, request: Request) -> Response:
        return self._refused(request) or respond((200, {"order": self.orders.find(order)}, {}))


def _place(request: Request, name: str) -> str:
    """The address of a document's content, wherever this sandbox is reached."""
    return f"{str(request.base_url).rstrip('/')}/sandbox/amazon/documents/{name}"


def _submission(sku: str, status: str, *issues: str) -> dict[str, Any]:
    found = [
        {"code": "90220", "message": said, "severity": "ERROR", "categories": ["INVALID_ATTRIBUTE"]} for said in issues
    ]
    return {"sku": sku, "status": status, "submissionId": secrets.token_hex(16), "issues": found}


def _fault(kind: Kind) -> Answer:
    if kind is Kind.INVALID:
        return 200, _submission("", "INVALID", "'quantity' is not allowed here"), {}
    return _error(*FAULTS.get(kind, FAULTS[Kind.BUSY]))


def _unauthorized() -> Answer:
    return _error(403, "Unauthorized", "Access to requested resource is denied.")


def _error(status: int, code: str, message: str) -> Answer:
    return status, {"errors": [{"code": code, "message": message, "details": ""}]}, {}
