"""Routes on the money of an order: its account, payments and refunds."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from services.billing.api.tools import Billing, Reader, Tools, Writer
from services.billing.commands.pay import Money, order_of, record
from services.billing.queries.payments import account_view, list_payments
from shared.outbox import Transaction
from shared.security import Caller
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.paging import Limit

router = APIRouter()

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class PaymentBody(BaseModel):
    """Money that was paid or paid back by hand: `{"amount": "12.50", "currency": "EUR", "method": "transfer"}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Annotated[str, StringConstraints(max_length=40)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    method: Word
    reference: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] | None = None


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
