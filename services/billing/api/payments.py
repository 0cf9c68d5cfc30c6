"""Routes on the money of an order: its account, payments by hand, refunds by hand or through the provider."""

from typing import Literal, Self

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, model_validator

from services.billing.api.answers.money import (
    AccountAnswer,
    Charge,
    MoneyAnswer,
    Payments,
    RecordedPayment,
    WishedRefunds,
)
from services.billing.api.fields import Amount, Currency, Reference, Word
from services.billing.api.tools import Billing, Reader, Tools, Writer
from services.billing.commands.book import Booked
from services.billing.commands.checkout import capture
from services.billing.commands.late import Choice, choose
from services.billing.commands.pay import Money, order_of, record, settle, unsettle
from services.billing.commands.refunds import RefundWish, wish_refund
from services.billing.domain import Kind
from services.billing.queries.charges import charge_view
from services.billing.queries.payments import account_view, list_payments, money_view
from shared.outbox import Transaction
from shared.security import Caller
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.openapi import also
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])


class PaymentBody(BaseModel):
    """Money that was paid by hand: `{"amount": "12.50", "currency": "EUR", "method": "transfer"}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Amount
    currency: Currency
    method: Word
    reference: Reference | None = None


class RefundBody(BaseModel):
    """Money to pay back, or that was: with a `method` it was paid back by hand, without one the provider is to.

    `amount` is what goes back now, `total` what shall have gone back in all; one of them. `credit_note`: the document
    that is paid back, where it is not the one that the refund brings about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Amount | None = None
    total: Amount | None = None
    currency: Currency
    method: Word | None = None
    reference: Reference | None = None
    credit_note: Word | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.amount is None) == (self.total is None):
            raise ValueError("amount: give either an amount or a total")
        if self.total is not None and self.method is not None:
            raise ValueError("total: what was paid back by hand is an amount")
        return self


class StateBody(BaseModel):
    """Paid: what is missing is recorded as captured. Unpaid: what was recorded by hand is taken back, none erased."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["paid", "unpaid"]
    method: Word | None = None
    reference: Reference | None = None


class ChoiceBody(BaseModel):
    """One of the `choices` that the order's money offers; to revive a cancelled order, change its status instead."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    choice: Choice


@router.get("/orders/{code}", response_model=AccountAnswer)
async def get_account(caller: Reader, billing: Billing, code: str) -> Response:
    """The money side of an order."""
    async with billing.db.read() as conn:
        return json_response(await account_view(conn, await order_of(conn, caller.shop, code)))


@router.get("/orders/{code}/payments", responses={200: {"model": Payments}})
async def get_payments(
    caller: Reader, billing: Billing, code: str, limit: Limit = 50, after: str | None = None
) -> Page:
    """The movements of an order's money, oldest first: captures, refunds, and what takes one back."""
    key = after_key(after, 1, kinds=[str])
    async with billing.db.read() as conn:
        order_id = await order_of(conn, caller.shop, code)
        items, total = await list_payments(conn, order_id, limit, key[0] if key else None)
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


@router.get("/orders/{code}/money", response_model=MoneyAnswer)
async def get_money(caller: Reader, billing: Billing, code: str) -> Response:
    """What can be done about an order's money: attempts to pay, refunds, what can be paid back and how, the choices."""
    async with billing.db.read() as conn:
        return json_response(await money_view(conn, await order_of(conn, caller.shop, code)))


@router.post("/orders/{code}/payments", status_code=201, response_model=RecordedPayment)
async def post_payment(request: Request, caller: Writer, billing: Billing, code: str, body: PaymentBody) -> Response:
    """Record money that came in; always recorded, with a `warning` where something about it needs a person."""
    return await _record(request, caller, billing, code, Money(Kind.CAPTURE, **body.model_dump()))


@router.post(
    "/orders/{code}/refunds",
    status_code=201,
    responses={202: {"description": "The provider will do it", "model": WishedRefunds}},
    response_model=RecordedPayment,
)
async def post_refund(request: Request, caller: Writer, billing: Billing, code: str, body: RefundBody) -> Response:
    """Record money that was paid back (201), or have the provider pay it back (202); never more than came in."""
    if body.method is not None:
        money = Money(
            Kind.REFUND, body.amount or "", body.currency, body.method, body.reference, document=body.credit_note
        )
        return await _record(request, caller, billing, code, money)

    async def command(tx: Transaction) -> Response:
        wish = RefundWish(body.currency, body.amount, body.total, body.credit_note)
        made = await wish_refund(tx, caller.shop, code, wish, caller.actor)
        tx.after_commit(billing.asked)
        view = await money_view(tx.conn, await order_of(tx.conn, caller.shop, code))
        return json_response({"refunds": [one for one in view["refunds"] if one["id"] in made]}, 202)

    return await once(request, billing.outbox, caller, command)


@router.post("/orders/{code}/captures", status_code=202, response_model=Charge)
async def post_capture(request: Request, caller: Writer, billing: Billing, code: str) -> Response:
    """Take the money that the client's bank holds for the order."""

    async def command(tx: Transaction) -> Response:
        charge = await capture(tx, caller.shop, code)
        tx.after_commit(billing.asked)
        return json_response(charge_view(charge), 202)

    return await once(request, billing.outbox, caller, command)


@router.put("/orders/{code}/payment-state", responses=also(409), response_model=AccountAnswer)
async def put_state(caller: Writer, billing: Billing, code: str, body: StateBody) -> Response:
    """Say that the order is paid, or that it is not; said again, it changes nothing."""
    async with billing.outbox.transaction() as tx:
        if body.state == "paid":
            booked = await settle(tx, caller.shop, code, body.method, body.reference, caller.actor)
        else:
            booked = await unsettle(tx, caller.shop, code, body.reference, caller.actor)
        _nudge(tx, billing, booked)
        return json_response(await account_view(tx.conn, await order_of(tx.conn, caller.shop, code)))


@router.post("/orders/{code}/choices", status_code=202, response_model=MoneyAnswer)
async def post_choice(request: Request, caller: Writer, billing: Billing, code: str, body: ChoiceBody) -> Response:
    """Decide about money that needs a person: give back what is too much, or say that it is right as it is."""

    async def command(tx: Transaction) -> Response:
        await choose(tx, caller.shop, code, body.choice, caller.actor)
        tx.after_commit(billing.asked)
        return json_response(await money_view(tx.conn, await order_of(tx.conn, caller.shop, code)), 202)

    return await once(request, billing.outbox, caller, command)


async def _record(request: Request, caller: Caller, billing: Tools, code: str, money: Money) -> Response:
    async def command(tx: Transaction) -> Response:
        view, issued = await record(tx, caller.shop, code, money, caller.actor)
        if issued:
            tx.after_commit(billing.issued)
        return json_response(view, 201)

    return await once(request, billing.outbox, caller, command)


def _nudge(tx: Transaction, billing: Tools, booked: list[Booked]) -> None:
    if any(one.issued for one in booked):
        tx.after_commit(billing.issued)
