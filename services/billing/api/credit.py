"""Routes on what is taken back by hand: credit notes in full, by lines or by an amount; an invoice made anew."""

from typing import Annotated, Self

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.billing.api.answers.documents import CreditDraft, IssuedCreditNote, Reissued
from services.billing.api.fields import Amount, Reason, Reference, Word
from services.billing.api.tools import Billing, Writer
from services.billing.commands.credit import Credit, credit, make_anew, preview
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

Text = Annotated[Reason, Field(max_length=300)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineBody(_Body):
    """Units of one line of the invoice."""

    line: Annotated[int, Field(ge=1, le=10_000_000)]
    quantity: Annotated[int, Field(ge=1, le=10_000_000)]


class RefundBody(_Body):
    """Money that goes back with the credit note; its reference is the credit note's number unless one is given."""

    method: Word
    reference: Reference | None = None


class CreditBody(_Body):
    """`{"reason": "…"}` credits all that is left, with `lines` or `amount` (gross) a part of it."""

    reason: Text
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=1000)] | None = None
    amount: Amount | None = None
    refund: RefundBody | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.lines is not None and self.amount is not None:
            raise ValueError("amount: say lines or an amount, not both")
        if self.lines is not None and len({one.line for one in self.lines}) < len(self.lines):
            raise ValueError("lines: each line stands once")
        return self

    def wanted(self, by: str) -> Credit:
        lines = None if self.lines is None else {one.line: one.quantity for one in self.lines}
        refund = None if self.refund is None else (self.refund.method, self.refund.reference)
        return Credit(self.reason, by, lines, self.amount, refund)


class ReissueBody(_Body):
    """Why the invoice is made anew."""

    reason: Text


@router.post(
    "/documents/{document_id}/credit-notes",
    status_code=201,
    responses={200: {"description": "What it would say", "model": CreditDraft}},
    response_model=IssuedCreditNote,
)
async def post_credit_note(
    request: Request, caller: Writer, billing: Billing, document_id: str, body: CreditBody, dry_run: bool = False
) -> Response:
    """Credit an invoice: all that is left, units of its lines, or an amount; `dry_run` tells what it would say."""
    wanted = body.wanted(caller.actor)
    if dry_run:
        async with billing.outbox.transaction() as tx:
            return json_response(await preview(tx, caller.shop, document_id, wanted))

    async def command(tx: Transaction) -> Response:
        view = await credit(tx, caller.shop, document_id, wanted)
        tx.after_commit(billing.issued)
        return json_response(view, 201)

    return await once(request, billing.outbox, caller, command)


@router.post("/documents/{document_id}/reissue", status_code=201, response_model=Reissued)
async def post_reissue(
    request: Request, caller: Writer, billing: Billing, document_id: str, body: ReissueBody
) -> Response:
    """Credit an invoice in full and issue it as the order now is; one credited by hand is issued again."""

    async def command(tx: Transaction) -> Response:
        items = await make_anew(tx, caller.shop, document_id, body.reason, caller.actor)
        tx.after_commit(billing.issued)
        return json_response({"items": items}, 201)

    return await once(request, billing.outbox, caller, command)
