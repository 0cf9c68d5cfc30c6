"""An Amazon-shaped counterpart: tokens, orders that are bought and read, `confirmShipment`, quantities of listings.

Any order id is taken. The same package reference again edits the package, as Amazon's documentation says. Neighbours:
`orders` (its memory), `schemas` (what it refuses), `..buying` (who buys).
"""

import secrets
from collections.abc import Callable
from typing import Annotated, Any

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
        self.bearer = Bearer(3600)

    def refused(self, request: Request) -> Response | None:
        if self.ledger.fault.kind is Kind.EXPIRED:
            self.ledger.take_fault()
            return respond(_unauthorized())
        known = self.bearer.accepts(request.headers.get("x-amz-access-token"))
        return None if known else respond(_unauthorized())

    def confirmed(self, order: str, body: Any) -> Answer:
        if wrong := violations(CONFIRMATION, body):
            return _error(400, "InvalidInput", "; ".join(wrong))
        if refused := self.orders.confirm(order, body["packageDetail"]):
            return _error(400, "InvalidInput", refused)
        return 204, None, {"x-amzn-RequestId": secrets.token_hex(8), "x-amzn-RateLimit-Limit": "2.0"}

    def patched(self, sku: str, body: Any) -> Answer:
        if wrong := violations(PATCH, body):
            return _error(400, "InvalidInput", "; ".join(wrong))
        value = body["patches"][0].get("value") or [{}]
        quantity = value[0].get("quantity")
        if not isinstance(quantity, int) or quantity < 0:
            return 200, _submission(sku, "INVALID", "'quantity' must be a whole number"), {}
        self.quantities[sku] = quantity
        return 200, _submission(sku, "ACCEPTED"), {"x-amzn-RateLimit-Limit": "5.0"}

    def created(self, body: Any) -> Answer:
        if wrong := violations(FEED, body):
            return _error(400, "InvalidInput", "; ".join(wrong))
        feed = self.feeds.create(body["feedType"], body["inputFeedDocumentId"], body["marketplaceIds"])
        if feed is None:
            return _error(400, "InvalidInput", "The document has no content, or the feed type is unknown.")
        return 202, {"feedId": feed}, {}

    async def changing(self, about: str | None, request: Request, act: Callable[[Any], Answer]) -> Response:
        """A call that changes something: authorised, noted, and struck by the fault that was ordered."""
        if refused := self.refused(request):
            return refused
        content = await request.body()
        body = as_json(content)
        shown = seen(request, body if body is not None else content.decode("utf-8", "replace"))
        return await effect(self.ledger, about, shown, lambda: act(body), _fault)


async def _amazon(request: Request) -> AmazonSandbox:
    found: AmazonSandbox = request.app.state.sandbox.amazon
    return found


Amazon = Annotated[AmazonSandbox, Depends(_amazon)]

router = APIRouter(prefix="/sandbox/amazon", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""The vendor's paths below `/sandbox/amazon`."""


@router.post("/auth/o2/token")
async def grant_token(amazon: Amazon, request: Request) -> Response:
    content = await request.body()
    form = as_form(content)
    return respond(amazon.bearer.grant(content, identified=bool(form.get("client_id") and form.get("client_secret"))))


@router.post("/orders/v0/orders/{order}/shipmentConfirmation")
async def confirm_shipment(amazon: Amazon, order: str, request: Request) -> Response:
    return await amazon.changing(order, request, lambda body: amazon.confirmed(order, body))


@router.get("/orders/2026-01-01/orders")
async def search_orders(amazon: Amazon, request: Request) -> Response:
    if refused := amazon.refused(request):
        return refused
    asked = request.query_params
    since = asked.get("lastUpdatedAfter")
    if since is None or not asked.get("marketplaceIds"):
        return respond(_error(400, "InvalidInput", "lastUpdatedAfter and marketplaceIds are needed"))
    size = asked.get("maxResultsPerPage", str(PAGE))
    if not (size.isdecimal() and 1 <= int(size) <= PAGE):
        return respond(_error(400, "InvalidInput", "maxResultsPerPage is from 1 to 100"))
    found = amazon.orders.search(since, asked.get("paginationToken"), int(size))
    if found is None:
        return respond(_error(400, "InvalidInput", "the paginationToken is unknown"))
    return respond((200, found, {"x-amzn-RateLimit-Limit": "0.0056"}))


@router.get("/orders/2026-01-01/orders/{order}")
async def read_order(amazon: Amazon, order: str, request: Request) -> Response:
    return amazon.refused(request) or respond((200, {"order": amazon.orders.find(order)}, {}))


@router.post("/feeds/2021-06-30/documents")
async def make_document(amazon: Amazon, request: Request) -> Response:
    if refused := amazon.refused(request):
        return refused
    name = amazon.feeds.document()
    return respond((201, {"feedDocumentId": name, "url": _place(request, name)}, {}))


@router.get("/feeds/2021-06-30/documents/{name}")
async def read_document(amazon: Amazon, name: str, request: Request) -> Response:
    if refused := amazon.refused(request):
        return refused
    if amazon.feeds.get(name) is None:
        return respond(_error(404, "NotFound", "There is no such document."))
    return respond((200, {"feedDocumentId": name, "url": _place(request, name)}, {}))


@router.post("/feeds/2021-06-30/feeds")
async def make_feed(amazon: Amazon, request: Request) -> Response:
    return await amazon.changing(None, request, amazon.created)


@router.get("/feeds/2021-06-30/feeds/{feed}")
async def read_feed(amazon: Amazon, feed: str, request: Request) -> Response:
    if refused := amazon.refused(request):
        return refused
    found = amazon.feeds.look(feed)
    return respond((200, found, {}) if found else _error(404, "NotFound", "There is no such feed."))


@router.put("/documents/{name}")
async def put_content(amazon: Amazon, name: str, request: Request) -> Response:
    """The place that `createFeedDocument` named: no token, as it is no call of the API."""
    return Response(status_code=200 if amazon.feeds.put(name, await request.body()) else 403)


@router.get("/documents/{name}")
async def read_content(amazon: Amazon, name: str) -> Response:
    content = amazon.feeds.get(name)
    return Response(content, 200, media_type="text/xml") if content is not None else Response(status_code=403)


@router.patch("/listings/2021-08-01/items/{seller}/{sku:path}")
async def patch_listing(amazon: Amazon, seller: str, sku: str, request: Request) -> Response:
    if not request.query_params.get("marketplaceIds"):
        return respond(_error(400, "InvalidInput", "marketplaceIds is missing"))
    return await amazon.changing(sku, request, lambda body: amazon.patched(sku, body))


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
