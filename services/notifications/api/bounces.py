"""The route by which a relay hands back what it could not deliver: the report as it is, one mail a request."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from services.notifications.api import Notifications, Writer
from services.notifications.channels.bounces import BadReport, read_report
from services.notifications.commands.bounces import take_report
from shared.problems import Invalid
from shared.web import json_response


class Taken(BaseModel):
    """The delivery that the report is about and how it now stands; none: it is no mail of this shop."""

    delivery: str | None
    outcome: str | None
    reason: str | None


BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "a delivery status notification (RFC 3464), as it came",
        "content": {"message/rfc822": {"schema": {"type": "string"}}},
    }
}

router = APIRouter(prefix="/api/v1/notifications", tags=["bounces"])


@router.post("/bounces", status_code=202, response_model=Taken, openapi_extra=BODY)
async def take_bounce(request: Request, tools: Notifications, caller: Writer) -> Response:
    """Note what became of a mail: a 5.x.x status rejects the delivery, a 4.x.x one says that it is late."""
    try:
        report = read_report(await request.body())
    except BadReport as error:
        raise Invalid(f"The report cannot be used: {error}.", field="body") from error
    async with tools.outbox.transaction() as tx:
        row = await take_report(tx, caller.shop, report)
        tx.after_commit(tools.wake)
    if row is None:
        return json_response({"delivery": None, "outcome": None, "reason": None}, 202)
    return json_response({"delivery": row.id, "outcome": row.state, "reason": row.reason}, 202)
