"""Routes that show mails and SMS before they leave, and as they left; and "send me a test".

A preview is asked for with the message that orders would send (`POST /api/v1/orders/{code}/transitions/message`), and
is what the handler of that message would have sent: the same code makes both.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from services.notifications.api import Notifications, Reader, Writer
from services.notifications.channels.documents import Documents
from services.notifications.channels.previews import MailPreview, SmsPreview, mail_preview, sms_preview
from services.notifications.channels.sms import OnlyInDoubt, Sms
from services.notifications.channels.texts import BadText
from services.notifications.commands.person import NotNow
from services.notifications.commands.previewing import foretell, send_test
from services.notifications.domain.results import Attachment, Call, Channel
from services.notifications.domain.sms_reports import SMS
from services.notifications.domain.verbs import SIGN_IN
from services.notifications.queries import Found
from services.notifications.queries.waiting import find_delivery
from shared.contracts import Order, Outcome
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem
from shared.security import find_shop
from shared.web import json_response, once

Role = Literal["client", "administrator"]


class PreviewAsked(BaseModel):
    """The message that the change would send; `role`: only what this one gets."""

    order: Order
    role: Role | None = None


class TestAsked(BaseModel):
    """The same, to send; `to` is one of the shop's administrators, absent: all of them."""

    order: Order
    role: Role = "client"
    to: str | None = None


class Preview(BaseModel):
    """A mail (`subject`, `html`, `message`: the bytes) or an SMS (`encoding`, `units`, `segments`, `foreign`).

    `problem` is why an SMS would not leave: a number that is none, a text that is longer than the provider takes.
    """

    channel: str
    role: str
    to: list[str]
    text: str
    subject: str | None = None
    html: str | None = None
    message: str | None = None
    encoding: str | None = None
    units: int | None = None
    segments: int | None = None
    foreign: str | None = None
    problem: str | None = None


class Previews(BaseModel):
    """Everything that the change would say."""

    items: list[Preview]


class TestSent(BaseModel):
    """The delivery that the test is."""

    delivery: str


class NotComposed(Problem):
    """A text of it cannot be filled in, or a document of it is not there yet; it would not leave either."""

    slug = "not-composed"
    title = "There is nothing to show"


router = APIRouter(prefix="/api/v1/notifications", tags=["previews"])


class Ways(Protocol):
    """Where a shop's effects leave by."""

    async def find(self, channel: str, shop: str) -> Channel | None: ...


@dataclass(frozen=True, slots=True)
class Showing:
    """What a preview is made with: the documents that mails take along, and who would be asked to carry an SMS."""

    documents: Documents
    ways: Ways

    async def of(self, shop: str, channel: str, call: Call, *, left: bool = False) -> MailPreview | SmsPreview:
        """The mail or the SMS; of one that has `left` nothing is wrong. Raises `BadText`, `NotComposed`, ValueError."""
        if channel == SMS:
            return sms_preview(call.payload, None if left else await self._problem(shop, call))
        shown = await mail_preview(self.documents.of(shop), call)
        if isinstance(shown, str):
            raise NotComposed(shown)
        return shown

    async def _problem(self, shop: str, call: Call) -> str | None:
        way = await self.ways.find(SMS, shop)
        if not isinstance(way, Sms | OnlyInDoubt):
            return "no sms account is set up for this shop"
        return way.refusal(call)


async def _showing(request: Request) -> Showing:
    return Showing(request.app.state.documents, request.app.state.ways)


Shown = Annotated[Showing, Depends(_showing)]


@router.post("/preview", response_model=Previews)
async def preview_change(tools: Notifications, caller: Reader, showing: Shown, asked: PreviewAsked) -> Response:
    """What the newest entry of this order says, to whom, byte for byte but for the mail's id and date."""
    async with tools.db.read() as conn:
        shop = await find_shop(conn, caller.shop)
    if shop is None:
        raise NotFound("The shop is not known yet.")
    now = tools.outbox.clock()
    try:
        wants = foretell(asked.order, shop, asked.role)
        shown = [await showing.of(caller.shop, want.channel, _call(want.payload, asked.order, now)) for want in wants]
    except (BadText, ValueError, ArithmeticError) as error:
        raise Invalid(f"The order cannot be shown: {error}", field="order") from error
    items = [_item(want.channel, want.role, one) for want, one in zip(wants, shown, strict=True)]
    return json_response(Previews(items=items).model_dump(mode="json"))


@router.post("/test-mail", status_code=202, response_model=TestSent)
async def send_test_mail(request: Request, tools: Notifications, caller: Writer, asked: TestAsked) -> Response:
    """Send it to the shop's own administrators, marked as a test; the client gets nothing."""

    async def command(tx: Transaction) -> Response:
        shop = await find_shop(tx.conn, caller.shop)
        if shop is None:
            raise NotFound("The shop is not known yet.")
        try:
            delivery = await send_test(tx, asked.order, shop, asked.role, asked.to)
        except (ValueError, ArithmeticError) as error:
            raise Invalid(f"The order cannot be shown: {error}", field="order") from error
        tx.after_commit(tools.wake)
        return json_response({"delivery": delivery}, 202)

    return await once(request, tools.outbox, caller, command)


@router.get("/deliveries/{delivery}/preview", response_model=Preview)
async def preview_delivery(tools: Notifications, caller: Reader, showing: Shown, delivery: str) -> Response:
    """A mail or an SMS as it left, or will: for a mail that left the very bytes, but for a signature."""
    async with tools.db.read() as conn:
        row = await find_delivery(conn, caller.shop, delivery)
    if row is None or row.channel not in ("mail", "sms") or row.verb == SIGN_IN:
        raise NotFound("There is no such mail or SMS.")
    if row.payload is None:
        raise NotNow("Its contents are no longer kept.")
    try:
        call, left = _call_of(row, tools.outbox.clock()), row.state == Outcome.DONE
        shown = await showing.of(caller.shop, row.channel, call, left=left)
    except (BadText, ValueError, ArithmeticError) as error:
        raise NotComposed(str(error)) from error
    return json_response(_item(row.channel, row.role, shown).model_dump(mode="json"))


def _item(channel: str, role: str, shown: MailPreview | SmsPreview) -> Preview:
    return Preview.model_validate({"channel": channel, "role": role, **asdict(shown)} | {"to": list(shown.to)})


def _call(payload: object, order: Order, now: datetime) -> Call:
    """As it would be claimed: the payload has been through the database."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(payload))
    return Call(new_id(), order.code, plain, since=now, at=now)


def _call_of(row: Found, now: datetime) -> Call:
    """The last attempt, or the one that would be made now."""
    attachments = [Attachment(**one) for one in row.attachments or ()]
    at = row.attempted_at or now
    return Call(row.id, row.code, row.payload, None, row.verb, None, row.since, attachments, at)
