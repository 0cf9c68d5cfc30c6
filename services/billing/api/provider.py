"""Where a payment provider sends its events. No key: the signature proves where they come from."""

from typing import Annotated, Any, ClassVar

import orjson
from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response

from services.billing.api.answers.money import Received
from services.billing.api.tools import Billing
from services.billing.commands.events import take_event
from services.billing.payments.signatures import BadSignature, verify
from shared.problems import NotFound, Problem
from shared.security import open_to_all
from shared.web import json_response
from shared.web.openapi import also

router = APIRouter(prefix="/api/v1/billing", tags=["billing"], dependencies=[Depends(open_to_all)])

LONGEST_ID = 255


class Unproven(Problem):
    """The event is not signed by the account, was signed too long ago, or is no event."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "unproven-event"
    title: ClassVar[str] = "The event is not proven to be the provider's"


@router.post("/stripe/{account}/webhook", responses=also(400), response_model=Received)
async def post_event(
    request: Request,
    billing: Billing,
    account: Annotated[str, Path(max_length=60)],
    stripe_signature: Annotated[str, Header(max_length=2000)] = "",
) -> Response:
    """Take an event of Stripe's; answered at once, and acted on by a worker that asks Stripe how things stand."""
    known = billing.providers.account(account)
    if known is None:
        raise NotFound(f"There is no account {account!r}.")
    raw = await request.body()
    try:
        verify(raw, stripe_signature, known.webhook_secret.get_secret_value(), billing.outbox.clock())
    except BadSignature as error:
        raise Unproven(f"{error}.".capitalize()) from error
    event = _read(raw)
    async with billing.outbox.transaction() as tx:
        if await take_event(tx, account, event):
            tx.after_commit(billing.asked)
    return json_response({"received": True})


def _read(raw: bytes) -> dict[str, Any]:
    try:
        event: Any = orjson.loads(raw)
    except ValueError as error:
        raise Unproven("The event is no JSON.") from error
    if not isinstance(event, dict) or not _is_id(event.get("id")):
        raise Unproven("The event has no id.")
    if not isinstance(event.get("data") or {}, dict):
        raise Unproven("The event's data is no object.")
    return event


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ID and "\0" not in value
