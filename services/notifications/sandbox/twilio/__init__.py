"""A Twilio-shaped counterpart: messages are created by a form, found, listed, and reported on; no telephone rings.

The order's code comes from the header `X-Comptoir-Order`, where there is one. The rules are those of Twilio's
documentation: a sender and a body are needed, although its specification requires a recipient alone. Reports are signed
with the token that the message was created with. Neighbour: `messages`, its memory and its magic numbers.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from jsonschema import Draft202012Validator

from services.notifications.sandbox.twilio.messages import REFUSED_FROM, REFUSED_TO, VERSION, Messages, Sent
from services.notifications.sandbox.vendors import Answer, as_form, effect, respond, seen, violations
from shared.database import Clock
from shared.observability import get_logger
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

log = get_logger(__name__)

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
            "StatusCallback": {"type": "string", "pattern": "^https?://"},
        },
        "anyOf": [{"required": ["From"]}, {"required": ["MessagingServiceSid"]}],
    }
)
WRONG = {
    "To": (21211, "Invalid 'To' Phone Number"),
    "Body": (21602, "Message body is required"),
    "StatusCallback": (21609, "The 'StatusCallback' URL is not a valid URL"),
}
NO_SENDER = (21603, "A 'From' phone number is required")
REPORT_SECONDS = 10.0

Credentials = Annotated[HTTPBasicCredentials | None, Depends(HTTPBasic(auto_error=False))]


class TwilioSandbox:
    """`app` is what it reports to, in memory; none: the address that each message names."""

    def __init__(self, ledger: Ledger, clock: Clock, app: Callable[[], FastAPI] | None = None) -> None:
        self.ledger = ledger
        self.messages = Messages(clock)
        self._app = app

    async def deliver(self) -> None:
        """Every message takes its next step, and whoever wants to hear of it does; a report is not repeated."""
        told = [(sent, form) for sent, form in self.messages.step() if sent.callback is not None]
        if not told:
            return
        transport = None if self._app is None else httpx.ASGITransport(app=self._app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, timeout=REPORT_SECONDS) as client:
            for sent, form in told:
                await self._report(client, sent, form)

    async def _report(self, client: httpx.AsyncClient, sent: Sent, form: dict[str, str]) -> None:
        url = str(sent.callback)
        request = {"method": "POST", "path": httpx.URL(url).path, "body": form}
        try:
            headers = {"X-Twilio-Signature": signature(sent.token, url, form)}
            status = (await client.post(url, data=form, headers=headers)).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("sandbox.report_not_taken", error=error)
            status = 0
        self.ledger.write(sent.order, request, {"status": status, "body": None}, answered=bool(status))


async def _sms(request: Request) -> TwilioSandbox:
    found: TwilioSandbox = request.app.state.sandbox.sms
    return found


Twilio = Annotated[TwilioSandbox, Depends(_sms)]

router = APIRouter(
    prefix=f"/sandbox/sms/{VERSION}/Accounts/{{account}}",
    dependencies=[Depends(open_to_all)],
    include_in_schema=False,
)
"""The vendor's paths below `/sandbox/sms`."""


@router.post("/Messages.json")
async def create_message(sms: Twilio, account: str, request: Request, credentials: Credentials) -> Response:
    if credentials is None:
        return respond(_unauthorized())
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return respond(_error(415, 20415, "Unsupported Media Type"))
    form = as_form(await request.body())
    order = request.headers.get("x-comptoir-order")

    def act() -> Answer:
        refused = _refusal(form)
        return refused or (201, sms.messages.add(account, form, credentials.password, order), {})

    def fault(kind: Kind) -> Answer:
        failed = kind is Kind.INVALID and _refusal(form) is None
        return (201, sms.messages.fail(account, form, order), {}) if failed else _fault(kind)

    return await effect(sms.ledger, order, seen(request, form), act, fault)


@router.get("/Messages.json")
async def list_messages(sms: Twilio, account: str, request: Request, credentials: Credentials) -> Response:
    if credentials is None:
        return respond(_unauthorized())
    try:
        return respond((200, sms.messages.page(account, request.query_params), {}))
    except ValueError as error:
        return respond(_error(400, 20001, f"Bad request: {error}"))


@router.get("/Messages/{sid}.json")
async def show_message(sms: Twilio, account: str, sid: str, credentials: Credentials) -> Response:
    if credentials is None:
        return respond(_unauthorized())
    found = sms.messages.find(account, sid)
    return respond(_error(404, 20404, "The requested resource was not found") if found is None else (200, found, {}))


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """`X-Twilio-Signature`, as Twilio's documentation tells how to make it."""
    said = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), hashlib.sha1)).decode()


def _refusal(form: Mapping[str, str]) -> Answer | None:
    wrong = violations(SCHEMA, form)
    if wrong:
        code, said = next((WRONG[field] for field in WRONG if any(field in one for one in wrong)), NO_SENDER)
        return _error(400, code, f"{said}: {'; '.join(wrong)}")
    magic = REFUSED_TO.get(form["To"]) or REFUSED_FROM.get(form.get("From", ""))
    return _error(400, *magic) if magic else None


def _fault(kind: Kind) -> Answer:
    if kind in (Kind.BUSY, Kind.BUSY_FOR):
        return _error(429, 20429, "Too Many Requests")
    return _unauthorized() if kind is Kind.EXPIRED else _error(500, 20500, "Internal Server Error")


def _unauthorized() -> Answer:
    return _error(401, 20003, "Authenticate")


def _error(status: int, code: int, message: str) -> Answer:
    document = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    return status, document | {"status": status}, {}
