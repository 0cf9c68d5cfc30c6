"""An eBay-shaped counterpart: the token endpoint, `createShippingFulfillment`, `getShippingFulfillments`.

Any order id is taken. A tracking number that an order already has is refused with eBay's code for it, so a client that
does not look first is found out. The schema and the codes are written from eBay's published documentation.
"""

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from jsonschema import Draft202012Validator

from services.notifications.sandbox.vendors import Answer, Bearer, as_json, effect, respond, seen, violations
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

BASE = "/sell/fulfillment/v1"
TEXT = {"type": "string"}
SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "required": ["lineItems"],
        "properties": {
            "lineItems": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["lineItemId"],
                    "properties": {"lineItemId": TEXT, "quantity": {"type": "integer", "minimum": 1}},
                },
            },
            "shippedDate": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
            "shippingCarrierCode": TEXT,
            "trackingNumber": {"type": "string", "pattern": "^[0-9A-Za-z]+$"},
        },
        "dependentRequired": {"trackingNumber": ["shippingCarrierCode"], "shippingCarrierCode": ["trackingNumber"]},
    }
)
CODES = {"shippedDate": 32500, "trackingNumber": 32300, "shippingCarrierCode": 32300, "lineItems": 32200}
INVALID_INPUT = 32600
DUPLICATE_ITEM = 32210
EXISTS = 34500


class EbaySandbox:
    """The fulfilments of every order it was told of."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._bearer = Bearer(7200)
        self._fulfillments: dict[str, list[dict[str, Any]]] = {}

    def router(self) -> APIRouter:
        """The vendor's paths below `/sandbox/ebay`."""
        router = APIRouter(prefix="/sandbox/ebay", dependencies=[Depends(open_to_all)], include_in_schema=False)
        router.add_api_route("/identity/v1/oauth2/token", self._token, methods=["POST"])
        path = f"{BASE}/order/{{order}}/shipping_fulfillment"
        router.add_api_route(path, self._create, methods=["POST"])
        router.add_api_route(path, self._list, methods=["GET"])
        return router

    async def _token(self, request: Request) -> Response:
        basic = request.headers.get("authorization", "").startswith("Basic ")
        return respond(self._bearer.grant(await request.body(), identified=basic))

    async def _create(self, order: str, request: Request) -> Response:
        if not self._authorised(request):
            return respond(_unauthorized())
        if not request.headers.get("content-type", "").startswith("application/json"):
            return respond(_error(415, 2003, "Unsupported media type"))
        content = await request.body()
        body = as_json(content)
        shown = seen(request, body if body is not None else content.decode("utf-8", "replace"))
        return await effect(self.ledger, order, shown, lambda: self._act(order, body), _fault)

    def _act(self, order: str, body: Any) -> Answer:
        wrong = violations(SCHEMA, body)
        if wrong:
            code = next((code for field, code in CODES.items() if field in wrong[0]), INVALID_INPUT)
            return _error(400, code, "; ".join(wrong))
        ids = [item["lineItemId"] for item in body["lineItems"]]
        if len(set(ids)) < len(ids):
            return _error(400, DUPLICATE_ITEM, "Duplicate line item in request")
        known = self._fulfillments.setdefault(order, [])
        tracking = body.get("trackingNumber")
        if tracking and any(one.get("shipmentTrackingNumber") == tracking for one in known):
            return _error(409, EXISTS, "Please use PUT operation for updating shipping fulfillment")
        reference = tracking or str(999 + len(known))
        known.append(_fulfillment(reference, body))
        location = f"https://sandbox.invalid{BASE}/order/{order}/shipping_fulfillment/{reference}"
        return 201, {}, {"Location": location}

    async def _list(self, order: str, request: Request) -> Response:
        if not self._authorised(request):
            return respond(_unauthorized())
        known = self._fulfillments.get(order, [])
        return respond((200, {"fulfillments": known, "total": len(known)}, {}))

    def _authorised(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and self._bearer.accepts(token)


def _fulfillment(reference: str, body: dict[str, Any]) -> dict[str, Any]:
    found = {
        "fulfillmentId": reference,
        "lineItems": body["lineItems"],
        "shippedDate": body.get("shippedDate"),
        "shipmentTrackingNumber": body.get("trackingNumber"),
        "shippingCarrierCode": body.get("shippingCarrierCode"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _fault(kind: Kind) -> Answer:
    if kind is Kind.BUSY:
        return _error(429, 2001, "Too many requests")
    return _error(500, 30500, "System error")


def _unauthorized() -> Answer:
    return _error(401, 1001, "Invalid access token")


def _error(status: int, code: int, message: str) -> Answer:
    error = {"errorId": code, "domain": "API_FULFILLMENT", "category": "REQUEST", "message": message}
    return status, {"errors": [error]}, {}
