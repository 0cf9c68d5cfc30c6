"""The vendors as fault runs and the bench meet them: Amazon, eBay and Twilio in outline, each with its own ledger.

They stand outside the processes under test, know none of their types, and only ever add to their ledgers: what a vendor
did is told by the vendor. Faults wait in a queue, each is for one call that would change something. Written apart from
the product's own sandboxes, so that a mistake in those is not shared. The mail server is `tests.servers.smtp`.
"""

import json
import secrets
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from shared.runtime.http import Server


class Fault(StrEnum):
    """What may befall a call."""

    HOLD = "hold"
    """Taken, and never answered."""
    CUT = "cut"
    """Taken, and the connection closed in the middle of the answer."""
    BUSY = "429"
    """Refused: too many requests."""
    FAIL = "500"
    """Refused by an error of the vendor's."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that wanted to change something. `taken`: it took effect; `answered`: the client was told so."""

    order: str
    subject: str
    content: Any
    taken: bool
    answered: bool


class Vendor:
    """What all three have in common: a ledger, faults, access tokens."""

    def __init__(self) -> None:
        self.ledger: list[Call] = []
        self.faults: deque[Fault] = deque()
        self._tokens: set[str] = set()

    def heal(self) -> None:
        """Forget the faults that have not happened yet."""
        self.faults.clear()

    def forget_tokens(self) -> None:
        """Every access token given out so far is refused from now on."""
        self._tokens.clear()

    def known_token(self, token: str) -> bool:
        return token in self._tokens

    async def grant(self, request: Request) -> Response:
        """The OAuth token endpoint."""
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") != "refresh_token" or not form.get("refresh_token"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def answer(self, order: str, subject: str, content: Any, taken: Response) -> Response:
        """Note the call in the ledger and answer it, with the next fault if one waits."""
        fault = self.faults.popleft() if self.faults else None
        if fault in (Fault.BUSY, Fault.FAIL):
            self.ledger.append(Call(order, subject, content, taken=False, answered=True))
            return JSONResponse({"errors": [{"code": "fault"}]}, int(fault))
        took = taken.status_code < 300
        self.ledger.append(Call(order, subject, content, taken=took, answered=fault is None))
        return taken if fault is None else Withheld(fault)


class Withheld(Response):
    """An answer that does not arrive."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._fault is Fault.HOLD:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        promised = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": promised})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        # Returning here without the rest has the server close the connection.


class Amazon(Vendor):
    """`confirmShipment` and `getOrder`: the same package reference again edits the package."""

    def __init__(self) -> None:
        super().__init__()
        self.packages: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    async def confirm(self, request: Request) -> Response:
        if not self.known_token(request.headers.get("x-amz-access-token", "")):
            return JSONResponse({"errors": [{"code": "Unauthorized"}]}, 403)
        order, detail = request.path_params["order"], (await request.json())["packageDetail"]
        reference = detail["packageReferenceId"]
        answer = self.answer(order, reference, detail, Response(status_code=204))
        if self.ledger[-1].taken:
            self.packages[order][reference] = detail
        return answer

    async def order(self, request: Request) -> Response:
        if not self.known_token(request.headers.get("x-amz-access-token", "")):
            return JSONResponse({"errors": [{"code": "Unauthorized"}]}, 403)
        order = request.path_params["order"]
        packages = [
            {"packageReferenceId": reference, "trackingNumber": detail["trackingNumber"]}
            for reference, detail in self.packages[order].items()
        ]
        return JSONResponse({"order": {"orderId": order, "packages": packages}})


class Ebay(Vendor):
    """`createShippingFulfillment` and its list: a tracking number stands once."""

    def __init__(self) -> None:
        super().__init__()
        self.fulfillments: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    async def create(self, request: Request) -> Response:
        if not self.known_token(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return JSONResponse({"errors": [{"errorId": 1001}]}, 401)
        order, body = request.path_params["order"], await request.json()
        number = body["trackingNumber"]
        if any(one["shipmentTrackingNumber"] == number for one in self.fulfillments[order]):
            return self.answer(order, number, body, JSONResponse({"errors": [{"errorId": 34500}]}, 409))
        location = {"Location": f"https://ebay.invalid/order/{order}/shipping_fulfillment/{number}"}
        answer = self.answer(order, number, body, JSONResponse({}, 201, location))
        if self.ledger[-1].taken:
            self.fulfillments[order].append(
                {"fulfillmentId": number, "shipmentTrackingNumber": number, "lineItems": body["lineItems"]}
            )
        return answer

    async def list(self, request: Request) -> Response:
        if not self.known_token(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return JSONResponse({"errors": [{"errorId": 1001}]}, 401)
        return JSONResponse({"fulfillments": self.fulfillments[request.path_params["order"]]})


class Twilio(Vendor):
    """Messages: created, and listed newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, str]] = []

    async def create(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        message = {
            "sid": f"SM{secrets.token_hex(16)}",
            "status": "queued",
            "to": form["To"],
            "body": form["Body"],
            "date_created": format_datetime(datetime.now(UTC)),
        }
        order = request.headers.get("x-comptoir-order", "")
        answer = self.answer(order, form["Body"], form, JSONResponse(message, 201))
        if self.ledger[-1].taken:
            self.messages.insert(0, message)
        return answer

    async def list(self, request: Request) -> Response:
        to = request.query_params.get("To")
        return JSONResponse({"messages": [one for one in self.messages if one["to"] == to][:50]})


class Counterparts:
    """The three vendors behind one port, and how notifications' settings name them."""

    def __init__(self) -> None:
        self.amazon, self.ebay, self.twilio = Amazon(), Ebay(), Twilio()
        amazon, ebay, twilio = self.amazon, self.ebay, self.twilio
        messages = "/twilio/2010-04-01/Accounts/{account}/Messages.json"
        fulfillments = "/ebay/order/{order}/shipping_fulfillment"
        confirmation = "/amazon/orders/v0/orders/{order}/shipmentConfirmation"
        self._app = Starlette(
            routes=[
                Route("/amazon/token", amazon.grant, methods=["POST"]),
                Route(confirmation, amazon.confirm, methods=["POST"]),
                Route("/amazon/orders/2026-01-01/orders/{order}", amazon.order, methods=["GET"]),
                Route("/ebay/token", ebay.grant, methods=["POST"]),
                Route(fulfillments, ebay.create, methods=["POST"]),
                Route(fulfillments, ebay.list, methods=["GET"]),
                Route(messages, twilio.create, methods=["POST"]),
                Route(messages, twilio.list, methods=["GET"]),
            ]
        )
        self._server: Server | None = None

    @property
    def vendors(self) -> dict[str, Vendor]:
        return {"amazon": self.amazon, "ebay": self.ebay, "twilio": self.twilio}

    async def start(self) -> None:
        self._server = Server(self._app, "127.0.0.1", 0, shutdown_seconds=1)
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    def heal(self) -> None:
        """No more faults."""
        for vendor in self.vendors.values():
            vendor.heal()

    @property
    def url(self) -> str:
        """The address of all three, once started."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.port}"

    def settings(self) -> dict[str, str]:
        """The environment of a notifications process that deals with these vendors."""
        base = self.url
        seller = {"client_id": "id", "client_secret": "secret", "refresh_token": "refresh"}
        accounts: dict[str, dict[str, str]] = {
            "AMAZON": {"base_url": f"{base}/amazon", "token_url": f"{base}/amazon/token", **seller},
            "EBAY": {"base_url": f"{base}/ebay", "token_url": f"{base}/ebay/token", **seller},
            "TWILIO": {
                "base_url": f"{base}/twilio",
                "account_sid": "AC" + "0" * 32,
                "auth_token": "secret",
                "sender": "+33600000000",
            },
        }
        return {f"COMPTOIR_{name}": json.dumps(account) for name, account in accounts.items()}
