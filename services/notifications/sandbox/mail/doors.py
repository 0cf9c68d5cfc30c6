"""What users' tests ask of the mail sandbox over HTTP: what its server offers, and the mail that came back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.notifications.sandbox.mail import HOST, MailSandbox
from services.notifications.sandbox.mail.offer import Offer
from shared.problems import NotFound
from shared.security import open_to_all
from shared.web import Page, page_of
from shared.web.answers import Listed


class Server(BaseModel):
    """Where the server listens, and what connections made from now on are offered."""

    host: str
    port: int
    offer: Offer
    certificate: str | None = Field(description="of STARTTLS, to be trusted by whoever checks it")


class BounceShown(BaseModel):
    """A mail that came back; `to` is whom the report is for, `url` the report itself."""

    number: int
    at: datetime
    order: str | None
    to: str
    recipient: str
    message_id: str | None
    url: str


REPORT: dict[int | str, dict[str, Any]] = {
    200: {"description": "a mail", "content": {"message/rfc822": {"schema": {"type": "string"}}}}
}


async def _mail(request: Request) -> MailSandbox:
    found: MailSandbox = request.app.state.sandbox.mail
    return found


Asked = Annotated[MailSandbox, Depends(_mail)]

router = APIRouter(prefix="/sandbox/mail", tags=["sandbox"], dependencies=[Depends(open_to_all)])


@router.get("/server")
async def show_server(mail: Asked) -> Server:
    """Where the mail server listens, and what it offers."""
    return Server(host=HOST, port=mail.port, offer=mail.offer, certificate=mail.certificate)


@router.put("/server")
async def change_server(mail: Asked, offer: Offer) -> Server:
    """Have new connections offered something else."""
    mail.offer = offer
    return await show_server(mail)


@router.get("/bounces", response_model=Listed[BounceShown])
async def list_bounces(mail: Asked) -> Page:
    """Mail to `…@bounced.example`, which came back, oldest first."""
    items = [one.document() for one in mail.bounces.listed()]
    return page_of(items, len(items) or 1, len(items), None)


@router.get("/bounces/{number}", response_class=Response, responses=REPORT)
async def show_bounce(mail: Asked, number: int) -> Response:
    """The report on one of them as a mail (RFC 3464)."""
    found = mail.bounces.find(number)
    if found is None:
        raise NotFound("There is no such bounce.")
    return Response(found.content, media_type="message/rfc822")
