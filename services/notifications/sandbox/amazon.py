"""An Amazon-shaped counterpart: the token endpoint, `confirmShipment`, and `getOrder` with its packages.

Any order id is taken. The same package reference again edits the package, as Amazon's documentation says. The schema is
written from the published facts of the Selling Partner API.
"""

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from jsonschema import Draft202012Validator

from services.notifications.sandbox.vendors import Answer, Bearer, as_form, as_json, effect, respond, seen, violations
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

TEXT = {"type": "string"}
SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "required": ["marketplaceId", "packageDetail"],
        "properties": {
            "marketplaceId": TEXT,
            "codCollectionMethod": {"enum": ["DirectPayment"]},
            "packageDetail": {
                "type": "object",
                "required": ["packageReferenceId", "carrierCode", "trackingNumber", "shipDate", "orderItems"],
                "properties": {
                    "packageReferenceId": {"type": "string", "pattern": r"^[1-9][0-9]*$"},
                    "carrierCode": TEXT,
                    "carrierName": TEXT,
                    "shippingMethod": TEXT,
                    "trackingNumber": TEXT,
                    "shipDate": {
                        "type": "string",
                        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
                    },
                    "shipFromSupplySourceId": TEXT,
                    "orderItems": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["orderItemId", "quantity"],
                            "properties": {
                                "orderItemId": TEXT,
                                "quantity": {"type": "integer"},
                                "transparencyCodes": {"type": "array", "items": TEXT},
                            },
                        },
                    },
                },
                "if": {"properties": {"carrierCode": {"const": "Other"}}},
                "then": {"required": ["carrierName"]},
            },
        },
    }
)
FAULTS = {
    Kind.BUSY: (429, "QuotaExceeded", "You exceeded your quota for the requested resource."),
    Kind.FAILING: (500, "InternalFailure", "We encountered an internal error. Please try again."),
}


class AmazonSandbox:
    """The packages of every order it was told of."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._bearer = Bearer(3600)
        self._packages: dict[str, dict[str, dict[str, Any]]] = {}

    def router(self) -> APIRouter:
        """The vendor's paths below `/sandbox/amazon`."""
        router = APIRouter(prefix="/sandbox/amazon", dependencies=[Depends(open_to_all)], include_in_schema=False)
        router.add_api_route("/auth/o2/token", self._token, methods=["POST"])
        router.add_api_route("/orders/v0/orders/{order}/shipmentConfirmation", self._confirm, methods=["POST"])
        router.add_api_route("/orders/2026-01-01/orders/{order}", self._order, methods=["GET"])
        return router

    async def _token(self, request: Request) -> Response:
        content = await request.body()
        form = as_form(content)
        return respond(
            self._bearer.grant(content, identified=bool(form.get("client_id") and form.get("client_secret")))
        )

    async def _confirm(self, order: str, request: Request) -> Response:
        if not self._bearer.accepts(request.headers.get("x-amz-access-token")):
            return respond(_unauthorized())
        content = await request.body()
        body = as_json(content)
        shown = seen(request, body if body is not None else content.decode("utf-8", "replace"))
        return await effect(self.ledger, order, shown, lambda: self._act(order, body), _fault)

    def _act(self, order: str, body: Any) -> Answer:
        wrong = violations(SCHEMA, body)
        if wrong:
            return _error(400, "InvalidInput", "; ".join(wrong))
        detail = body["packageDetail"]
        self._packages.setdefault(order, {})[detail["packageReferenceId"]] = detail
        return 204, None, {"x-amzn-RequestId": secrets.token_hex(8), "x-amzn-RateLimit-Limit": "2.0"}

    async def _order(self, order: str, request: Request) -> Response:
        if not self._bearer.accepts(request.headers.get("x-amz-access-token")):
            return respond(_unauthorized())
        packages = [
            {
                "packageReferenceId": reference,
                "packageStatus": {"status": "SHIPPED"},
                "carrier": detail.get("carrierName") or detail["carrierCode"],
                "trackingNumber": detail["trackingNumber"],
                "shipTime": detail["shipDate"],
                "packageItems": detail["orderItems"],
            }
            for reference, detail in self._packages.get(order, {}).items()
        ]
        return respond((200, {"order": {"orderId": order, "packages": packages}}, {}))


def _fault(kind: Kind) -> Answer:
    return _error(*FAULTS[kind])


def _unauthorized() -> Answer:
    return _error(403, "Unauthorized", "Access to requested resource is denied.")


def _error(status: int, code: str, message: str) -> Answer:
    return status, {"errors": [{"code": code, "message": message, "details": ""}]}, {}
