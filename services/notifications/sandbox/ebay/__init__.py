"""An eBay-shaped counterpart: tokens, orders that are bought and read, shipping fulfilments, quantities of listings.

Any order id is taken. A tracking number that an order already has is refused with eBay's code for it, so a client that
does not look first is found out. Neighbours: `orders` (its memory), `schemas` (what it refuses), `..buying` (who buys).
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.notifications.sandbox.ebay.cancellations import Cancellations
from services.notifications.sandbox.ebay.orders import Orders
from services.notifications.sandbox.ebay.refunds import Refunds
from services.notifications.sandbox.ebay.schemas import (
    CODES,
    DUPLICATE_ITEM,
    EXISTS,
    FULFILLMENT,
    INVALID_INPUT,
    QUANTITIES,
    REFUND,
    UNKNOWN_ITEM,
)
from services.notifications.sandbox.vendors import Answer, Bearer, as_json, effect, respond, seen, violations
from shared.database import Clock
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

BASE = "/sell/fulfillment/v1"
INVENTORY_BASE = "/sell/inventory/v1"
POST_ORDER_BASE = "/post-order/v2"
REVISIONS = 250
"""Of one listing in a day."""
TOO_OFTEN = 25002
BAD_ORDER = 32100


class EbaySandbox:
    """Orders, fulfilments, quantities and prices of one seller."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self.orders = Orders(clock)
        self.quantities: dict[str, int] = {}
        self.prices: dict[str, str] = {}
        self.refunds = Refunds(self.orders)
        self.cancellations = Cancellations(self.orders, clock)
        self._clock = clock
        self._revisions: dict[tuple[str, str], int] = {}
        self.bearer = Bearer(7200)

    def refused(self, request: Request, *, wanted: str = "Bearer") -> Response | None:
        if self.ledger.fault.kind is Kind.EXPIRED:
            self.ledger.take_fault()
            return respond(_unauthorized())
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = scheme == wanted and self.bearer.accepts(token)
        return None if known else respond(_unauthorized())

    def created(self, order: str, body: Any) -> Answer:
        if wrong := violations(FULFILLMENT, body):
            code = next((code for field, code in CODES.items() if field in wrong[0]), INVALID_INPUT)
            return _error(400, code, "; ".join(wrong))
        if self.orders.is_cancelled(order):
            return _error(400, BAD_ORDER, "Invalid order ID: the order was cancelled")
        ids = [item["lineItemId"] for item in body["lineItems"]]
        if unknown := self.orders.unknown(order, ids):
            return _error(400, UNKNOWN_ITEM, f"Invalid line item id: {unknown}")
        if len(set(ids)) < len(ids):
            return _error(400, DUPLICATE_ITEM, "Duplicate line item in request")
        reference = self.orders.fulfill(order, body)
        if reference is None:
            return _error(409, EXISTS, "Please use PUT operation for updating shipping fulfillment")
        location = f"https://sandbox.invalid{BASE}/order/{order}/shipping_fulfillment/{reference}"
        return 201, {}, {"Location": location}

    def refunded(self, order: str, body: Any) -> Answer:
        if wrong := violations(REFUND, body):
            return _error(400, 34901, "; ".join(wrong))
        if refused := self.refunds.refusal(order, body):
            return _error(400, *refused)
        return 200, {"refundId": self.refunds.make(order, body), "refundStatus": "PENDING"}, {}

    async def after_sales(self, request: Request, act: Callable[[Any], Answer]) -> Response:
        if not self.refunds.signed(request, await request.body()):
            return respond(_error(403, 215120, "The call is not signed by the seller's key"))
        return await self.changing(None, request, act, scheme="IAF")

    def updated(self, body: Any) -> Answer:
        if wrong := violations(QUANTITIES, body):
            return _error(400, 25709, "; ".join(wrong))
        answers = [self._revised(item) for item in body["requests"]]
        status = 200 if all(one["statusCode"] == 200 for one in answers) else 207
        return status, {"responses": answers}, {}

    def _revised(self, item: dict[str, Any]) -> dict[str, Any]:
        """A listing may be revised so often a day, and no more."""
        key = (item["sku"], f"{self._clock():%Y-%m-%d}")
        self._revisions[key] = self._revisions.get(key, 0) + 1
        answer: dict[str, Any] = {"sku": item["sku"], "statusCode": 200, "errors": [], "warnings": []}
        if self._revisions[key] > REVISIONS:
            _, found, _ = _error(400, TOO_OFTEN, "The listing was revised too often today", domain="API_INVENTORY")
            refused: dict[str, Any] = answer | {"statusCode": 400} | found
            return refused
        self.quantities[item["sku"]] = item["shipToLocationAvailability"]["quantity"]
        for offer in item.get("offers") or ():
            if price := offer.get("price"):
                self.prices[offer["offerId"]] = f"{price['value']} {price['currency']}"
        return answer

    async def changing(
        self, about: str | None, request: Request, act: Callable[[Any], Answer], *, scheme: str = "Bearer"
    ) -> Response:
        """A call that changes something: authorised, noted, and struck by the fault that was ordered."""
        if refused := self.refused(request, wanted=scheme):
            return refused
        if not request.headers.get("content-type", "").startswith("application/json"):
            return respond(_error(415, 2003, "Unsupported media type"))
        content = await request.body()
        body = as_json(content)
        shown = seen(request, body if body is not None else content.decode("utf-8", "replace"))
        return await effect(self.ledger, about, shown, lambda: act(body), _fault)


async def _ebay(request: Request) -> EbaySandbox:
    found: EbaySandbox = request.app.state.sandbox.ebay
    return found


Ebay = Annotated[EbaySandbox, Depends(_ebay)]

router = APIRouter(prefix="/sandbox/ebay", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""The vendor's paths below `/sandbox/ebay`."""


@router.post("/identity/v1/oauth2/token")
async def grant_token(ebay: Ebay, request: Request) -> Response:
    basic = request.headers.get("authorization", "").startswith("Basic ")
    return respond(ebay.bearer.grant(await request.body(), identified=basic))


@router.get(f"{BASE}/order")
async def search_orders(ebay: Ebay, request: Request) -> Response:
    if refused := ebay.refused(request):
        return refused
    asked = request.query_params
    limit, offset = asked.get("limit", "50"), asked.get("offset", "0")
    if not (limit.isdecimal() and offset.isdecimal() and 1 <= int(limit) <= 200):
        return respond(_error(400, 30810, "Invalid limit or offset"))
    ebay.cancellations.move_on()
    found = ebay.orders.search(asked.get("filter", ""), int(offset), int(limit))
    return respond((200, found, {}) if found is not None else _error(400, 30700, "Invalid filter"))


@router.get(f"{BASE}/order/{{order}}")
async def read_order(ebay: Ebay, order: str, request: Request) -> Response:
    ebay.cancellations.move_on()
    found = ebay.orders.find(order)
    answer = (200, found, {}) if found is not None else _error(404, 30500, "There is no such order")
    return ebay.refused(request) or respond(answer)


@router.post(f"{BASE}/order/{{order}}/issue_refund")
async def issue_refund(ebay: Ebay, order: str, request: Request) -> Response:
    if not ebay.refunds.signed(request, await request.body()):
        return respond(_error(403, 215120, "The call is not signed by the seller's key"))
    return await ebay.changing(order, request, lambda body: ebay.refunded(order, body))


@router.post(f"{BASE}/order/{{order}}/shipping_fulfillment")
async def create_fulfilment(ebay: Ebay, order: str, request: Request) -> Response:
    return await ebay.changing(order, request, lambda body: ebay.created(order, body))


@router.get(f"{BASE}/order/{{order}}/shipping_fulfillment")
async def list_fulfilments(ebay: Ebay, order: str, request: Request) -> Response:
    known = ebay.orders.fulfillments(order)
    return ebay.refused(request) or respond((200, {"fulfillments": known, "total": len(known)}, {}))


@router.post(f"{INVENTORY_BASE}/bulk_update_price_quantity")
async def update_quantities(ebay: Ebay, request: Request) -> Response:
    return await ebay.changing(None, request, ebay.updated)


@router.post(f"{POST_ORDER_BASE}/cancellation")
async def ask_to_cancel(ebay: Ebay, request: Request) -> Response:
    return await ebay.after_sales(request, ebay.cancellations.create)


@router.post(f"{POST_ORDER_BASE}/cancellation/{{request_id}}/approve")
async def approve_cancellation(ebay: Ebay, request_id: str, request: Request) -> Response:
    return await ebay.after_sales(request, lambda _body: ebay.cancellations.approve(request_id))


def _fault(kind: Kind) -> Answer:
    if kind in (Kind.BUSY, Kind.BUSY_FOR):
        return _error(429, 2001, "Too many requests")
    if kind is Kind.INVALID:
        _, found, _ = _error(400, 25002, "The listing cannot be revised", domain="API_INVENTORY")
        return 207, {"responses": [{"statusCode": 400, **found}]}, {}
    return _error(500, 30500, "System error")


def _unauthorized() -> Answer:
    return _error(401, 1001, "Invalid access token")


def _error(status: int, code: int, message: str, *, domain: str = "API_FULFILLMENT") -> Answer:
    error = {"errorId": code, "domain": domain, "category": "REQUEST", "message": message}
    return status, {"errors": [error]}, {}
