"""The JSON API of billing, below `/api/v1/billing`: documents and their PDFs, payments, accounts, the proof.

Orders are named by their code (or id), which billing learns from the order's message: before that they are not found.
Amounts are strings with the currency's decimals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.billing.commands.pay import Money, order_of, record
from services.billing.queries.documents import Filter, find_bytes, find_document, list_documents
from services.billing.queries.payments import account_view, list_payments
from services.billing.queries.proof import verify
from shared.database import Database
from shared.outbox import Outbox, Transaction
from shared.problems import NotFound, Unavailable
from shared.security import Caller, allow
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])


@dataclass(frozen=True, slots=True)
class Tools:
    """The service's database and outbox; `issued` is called after documents were issued: their PDFs are due."""

    db: Database
    outbox: Outbox
    issued: Callable[[], object]


def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


Billing = Annotated[Tools, Depends(_tools)]
Reader = Annotated[Caller, Depends(allow("billing:read"))]
Writer = Annotated[Caller, Depends(allow("billing:write"))]

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class PaymentBody(BaseModel):
    """Money that was paid or paid back by hand: `{"amount": "12.50", "currency": "EUR", "method": "transfer"}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Annotated[str, StringConstraints(max_length=40)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    method: Word
    reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] | None = None


@router.get("/documents")
async def get_documents(
    caller: Reader,
    billing: Billing,
    order: str | None = None,
    kind: Literal["invoice", "credit_note"] | None = None,
    number: str | None = None,
    issued_from: date | None = None,
    issued_to: date | None = None,
    limit: Limit = 50,
    after: str | None = None,
) -> Page:
    """Documents: an order's in the order of issue, else the newest first."""
    narrowed = Filter(order, kind, number, issued_from, issued_to)
    key = after_key(after, 1)
    async with billing.db.read() as conn:
        items, total = await list_documents(conn, caller.shop, narrowed, limit, str(key[0]) if key else None)
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


@router.get("/documents/{document_id}")
async def get_document(caller: Reader, billing: Billing, document_id: str) -> Response:
    """A document with the snapshot that was sealed."""
    async with billing.db.read() as conn:
        found = await find_document(conn, caller.shop, document_id)
    if found is None:
        raise NotFound(f"There is no document {document_id!r}.")
    return json_response(found)


@router.get("/documents/{document_id}/pdf")
async def get_pdf(request: Request, caller: Reader, billing: Billing, document_id: str) -> Response:
    """The PDF, always the same bytes; 503 with Retry-After until it is typeset."""
    async with billing.db.read() as conn:
        found = await find_bytes(conn, caller.shop, document_id)
    if found is None:
        raise NotFound(f"There is no document {document_id!r}.")
    if found.content is None:
        billing.issued()
        raise Unavailable(f"{found.number} is being typeset.")
    headers = {
        "ETag": f'"{found.sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'inline; filename="{found.number}.pdf"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type="application/pdf", headers=headers)


@router.get("/orders/{code}")
async def get_account(caller: Reader, billing: Billing, code: str) -> Response:
    """The money side of an order."""
    async with billing.db.read() as conn:
        return json_response(await account_view(conn, await order_of(conn, caller.shop, code)))


@router.get("/orders/{code}/payments")
async def get_payments(
    caller: Reader, billing: Billing, code: str, limit: Limit = 50, after: str | None = None
) -> Page:
    """The payments and refunds of an order, oldest first."""
    key = after_key(after, 1)
    async with billing.db.read() as conn:
        order_id = await order_of(conn, caller.shop, code)
        items, total = await list_payments(conn, order_id, limit, str(key[0]) if key else None)
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


@router.post("/orders/{code}/payments", status_code=201)
async def post_payment(request: Request, caller: Writer, billing: Billing, code: str, body: PaymentBody) -> Response:
    """Record money that came in; always recorded, with a `warning` where something about it needs a person."""
    return await _record(request, caller, billing, code, Money("capture", **body.model_dump()))


@router.post("/orders/{code}/refunds", status_code=201)
async def post_refund(request: Request, caller: Writer, billing: Billing, code: str, body: PaymentBody) -> Response:
    """Record money that was paid back; never more than came in."""
    return await _record(request, caller, billing, code, Money("refund", **body.model_dump()))


async def _record(request: Request, caller: Caller, billing: Tools, code: str, money: Money) -> Response:
    async def command(tx: Transaction) -> Response:
        view, issued = await record(tx, caller.shop, code, money, caller.actor)
        if issued:
            tx.after_commit(billing.issued)
        return json_response(view, 201)

    return await once(request, billing.outbox, caller, command)


@router.get("/verify")
async def get_proof(caller: Reader, billing: Billing) -> Response:
    """Whether every series is without a hole, every document as sealed, every PDF as rendered."""
    async with billing.db.read() as conn:
        return json_response(await verify(conn, caller.shop))
