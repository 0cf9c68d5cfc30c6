"""A Twilio-shaped counterpart: messages are created by a form and listed; nobody's telephone rings.

The order's code comes from the header `X-Comptoir-Order`, where there is one. The rules are those of Twilio's
documentation: a sender and a body are needed, although its specification requires a recipient alone.
"""

import secrets
from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from jsonschema import Draft202012Validator

from services.notifications.sandbox.vendors import Answer, as_form, effect, respond, seen, violations
from shared.database import Clock
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "required": ["To", "Body"],
        "properties": {
            "To": {"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"},
            "From": {"type": "string", "minLength": 1},
            "MessagingServiceSid": {"type": "string", "pattern": "^MG[0-9a-fA-F]{32}$"},
            "Body": {"type": "string", "minLength": 1, "maxLength": 1600},
            "ValidityPeriod": {"type": "string", "pattern": "^[1-9][0-9]{0,4}$"},
        },
        "anyOf": [{"required": ["From"]}, {"required": ["MessagingServiceSid"]}],
    }
)
CODES = {"To": (21211, "Invalid 'To' Phone Number"), "Body": (21602, "Message body is required")}
NO_SENDER = (21603, "A 'From' phone number is required")


class TwilioSandbox:
    """The messages of every account, newest first as Twilio lists them."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self._clock = clock
        self._messages: dict[str, list[dict[str, Any]]] = {}

    def router(self) -> APIRouter:
        """The vendor's paths below `/sandbox/sms`."""
        router = APIRouter(prefix="/sandbox/sms", dependencies=[Depends(open_to_all)], include_in_schema=False)
        path = "/2010-04-01/Accounts/{account}/Messages.json"
        router.add_api_route(path, self._create, methods=["POST"])
        router.add_api_route(path, self._list, methods=["GET"])
        return router

    async def _create(self, account: str, request: Request) -> Response:
        if not _authorised(request):
            return respond(_unauthorized())
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return respond(_error(415, 20415, "Unsupported Media Type"))
        form = as_form(await request.body())
        order = request.headers.get("x-comptoir-order")
        return await effect(self.ledger, order, seen(request, form), lambda: self._act(account, form), _fault)

    def _act(self, account: str, form: dict[str, str]) -> Answer:
        wrong = violations(SCHEMA, form)
        if wrong:
            code, said = next((CODES[field] for field in CODES if any(field in one for one in wrong)), NO_SENDER)
            return _error(400, code, f"{said}: {'; '.join(wrong)}")
        now = format_datetime(self._clock())
        message = {
            "sid": f"SM{secrets.token_hex(16)}",
            "account_sid": account,
            "status": "queued",
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "direction": "outbound-api",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "date_created": now,
            "date_sent": None,
        }
        self._messages.setdefault(account, []).insert(0, message)
        return 201, message, {}

    async def _list(self, account: str, request: Request) -> Response:
        if not _authorised(request):
            return respond(_unauthorized())
        query = request.query_params
        found = [
            message
            for message in self._messages.get(account, [])
            if query.get("To") in (None, message["to"]) and query.get("From") in (None, message["from"])
        ]
        size = int(query.get("PageSize", "50"))
        return respond((200, {"messages": found[:size], "page": 0, "page_size": size}, {}))


def _authorised(request: Request) -> bool:
    return request.headers.get("authorization", "").startswith("Basic ")


def _fault(kind: Kind) -> Answer:
    if kind in (Kind.BUSY, Kind.BUSY_FOR):
        return _error(429, 20429, "Too Many Requests")
    return _error(500, 20500, "Internal Server Error")


def _unauthorized() -> Answer:
    return _error(401, 20003, "Authenticate")


def _error(status: int, code: int, message: str) -> Answer:
    document = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    return status, document | {"status": status}, {}
