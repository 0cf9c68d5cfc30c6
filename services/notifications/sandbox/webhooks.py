"""A receiver of webhooks: any path below `/sandbox/webhooks/in` takes them, shows them, and fails on order.

It is what a seller's own application would be, so our client reaches it over a real connection like any other; give the
address of this server and that path as an endpoint's. It refuses what is no Standard Webhook, and checks the signature
where the endpoint's secret was told it (`PUT /sandbox/webhooks/secret`).
"""

import base64
import hashlib
import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from services.notifications.sandbox.vendors import Answer, as_json, effect, respond, seen, violations
from shared.security import open_to_all
from shared.web.sandbox import Kind, Ledger

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "pattern": r"^[a-z_]+(\.[a-z_]+)+$"},
            "timestamp": {"type": "string"},
            "data": {"type": "object"},
        },
    }
)


class Secret(BaseModel):
    """What signatures are checked with; empty: they are not."""

    secret: str = Field(default="", pattern=r"^(whsec_[A-Za-z0-9+/]{24,100}=*)?$")


class WebhookSandbox:
    """Everything that came, newest first on its page."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.secret = ""

    def signed(self, request: Request, content: bytes) -> bool:
        if not self.secret:
            return True
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        said = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
        expected = base64.b64encode(hmac.digest(key, said + content, hashlib.sha256)).decode()
        given = request.headers["webhook-signature"].split(" ")
        return any(hmac.compare_digest(f"v1,{expected}", one) for one in given if one.isascii())


async def _webhooks(request: Request) -> WebhookSandbox:
    found: WebhookSandbox = request.app.state.sandbox.webhooks
    return found


Receiver = Annotated[WebhookSandbox, Depends(_webhooks)]

router = APIRouter(prefix="/sandbox/webhooks", dependencies=[Depends(open_to_all)], include_in_schema=False)
"""The receiver's paths."""


@router.post("/in")
@router.post("/in/{path:path}")
async def take(webhooks: Receiver, request: Request) -> Response:
    content = await request.body()
    if missing := [name for name in HEADERS if name not in request.headers]:
        return respond((400, {"error": f"missing headers: {', '.join(missing)}"}, {}))
    if not webhooks.signed(request, content):
        return respond((401, {"error": "no signature of this secret"}, {}))
    document = as_json(content)
    if found := violations(SCHEMA, document):
        return respond((400, {"error": found}, {}))
    shown = seen(request, document) | {"id": request.headers["webhook-id"], "subject": document["type"]}
    return await effect(webhooks.ledger, document["data"].get("code"), shown, _taken, _fault)


@router.put("/secret", status_code=204)
async def set_secret(webhooks: Receiver, told: Secret) -> Response:
    webhooks.secret = told.secret
    return Response(status_code=204)


def _taken() -> Answer:
    return 204, None, {}


def _fault(kind: Kind) -> Answer:
    document: dict[str, Any] = {"error": "the sandbox was told to fail"}
    return (429, document, {"Retry-After": "5"}) if kind is Kind.BUSY else (500, document, {})
