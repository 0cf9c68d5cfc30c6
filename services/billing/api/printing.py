"""Routes that print: one document of an order, or many as one PDF.

A few come in the answer; more are made by a job, whose progress and result have addresses of their own.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.billing.api.answers.documents import PrintAnswer
from services.billing.api.fields import Word
from services.billing.api.tools import PDF, Billing, Reader, Tools, pdf_response
from services.billing.commands.bulk import Names, begin_print
from services.billing.domain import LONGEST_GIFT
from services.billing.queries.printing import Asked, Found, wrong
from services.billing.queries.prints import find_print, find_print_result
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Unavailable
from shared.security import Caller
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

AT_ONCE = 10
"""More documents than these are made by a job."""
MOST = 500

Kind = Literal["invoice", "credit_note", "order_form", "order", "receipt", "packing_slip"]
Language = Literal["fr", "en"]
Format = Literal["a4", "80mm"]
Id = Annotated[str, Path(max_length=40)]


class BulkBody(BaseModel):
    """What to print: `orders` by code or id, or `ids` of documents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind = "invoice"
    orders: Annotated[list[Word], Field(max_length=MOST)] = []
    ids: Annotated[list[Word], Field(max_length=MOST)] = []
    format: Format = "a4"
    language: Language | None = None
    copies: bool = Field(default=False, description="copies, marked as such, also where there is an original")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.orders) == bool(self.ids):
            raise ValueError("orders: name orders, or ids of documents, and not both")
        return self


@router.get("/orders/{code}/documents/{kind}.pdf", response_class=Response, responses=PDF)
async def get_printed(
    request: Request,
    caller: Reader,
    billing: Billing,
    code: str,
    kind: Kind,
    format: Format = "a4",  # the public name
    language: Language | None = None,
    copy: bool = False,
    message: Annotated[
        str | None, Query(min_length=1, max_length=LONGEST_GIFT, description="on a packing slip, for a present")
    ] = None,
) -> Response:
    """A document of an order as PDF: the newest invoice or credit note, the archived order form, or a paper made now.

    `order` shows the order as it stands, `receipt` takes `format=80mm`, `copy` and another language than the original's
    give a copy that is marked so.
    """
    asked = Asked(kind, language, format, copy, message)
    _refuse_wrong(asked)
    found = await billing.printing.press.find(caller.shop, asked, Names(orders=(code,)))
    if found.refused:
        raise NotFound(found.refused[0])
    sheet = found.sheets[-1]
    content = await billing.printing.press.bytes_of(caller.shop, sheet)
    name = sheet.name if kind in ("invoice", "credit_note") else f"{kind}-{sheet.name}"
    return pdf_response(request, content, name, kept=sheet.job is None and kind == "order_form")


@router.post(
    "/documents/bulk",
    response_class=Response,
    responses={**PDF, 202: {"description": "a job makes it: see `Location`", "model": PrintAnswer}},
)
async def post_bulk(
    request: Request,
    caller: Reader,
    billing: Billing,
    body: BulkBody,
    prefer: Annotated[str | None, Header(description="`respond-async`: have a job make it in any case")] = None,
) -> Response:
    """Documents of many orders as one PDF: at once up to ten, else by a job. What cannot be printed refuses all."""
    asked = Asked(body.kind, body.language, body.format, body.copies)
    _refuse_wrong(asked)
    names = Names(tuple(body.orders), tuple(body.ids))
    found = await billing.printing.press.find(caller.shop, asked, names)
    _refuse_missing(found, "orders" if body.orders else "ids")
    if len(found.sheets) <= AT_ONCE and "respond-async" not in (prefer or ""):
        return pdf_response(
            request, await billing.printing.press.merged(caller.shop, found.sheets), "documents", kept=False
        )
    return await _by_job(request, caller, billing, asked, names, len(found.sheets))


@router.get("/prints/{id}", response_model=PrintAnswer)
async def get_print(caller: Reader, billing: Billing, id: Id) -> Response:
    """How far a print is."""
    async with billing.db.read() as conn:
        return json_response(await find_print(conn, caller.shop, id))


@router.get("/prints/{id}/pdf", response_class=Response, responses=PDF)
async def get_print_pdf(request: Request, caller: Reader, billing: Billing, id: Id) -> Response:
    """The result of a print, for a day; 503 with Retry-After until it is there."""
    async with billing.db.read() as conn:
        content, error = await find_print_result(conn, caller.shop, id)
    if error is not None:
        raise NotFound(f"The print failed: {error}.")
    if content is None:
        billing.printing.asked()
        raise Unavailable("The print is being made.")
    return pdf_response(request, content, "documents", kept=False)


async def _by_job(request: Request, caller: Caller, billing: Tools, asked: Asked, names: Names, total: int) -> Response:
    async def command(tx: Transaction) -> Response:
        id_ = await begin_print(tx, caller, asked, names, total)
        tx.after_commit(billing.printing.asked)
        found = await find_print(tx.conn, caller.shop, id_)
        return json_response(found, 202, {"Location": f"/api/v1/billing/prints/{id_}"})

    return await once(request, billing.outbox, caller, command)


def _refuse_wrong(asked: Asked) -> None:
    if said := wrong(asked):
        field, detail = said
        raise Invalid(detail, field=field)


def _refuse_missing(found: Found, field: str) -> None:
    if found.refused:
        errors = [_error(field, place, detail) for place, detail in sorted(found.refused.items())]
        raise Invalid(f"{len(errors)} of them cannot be printed.", errors=errors)


def _error(field: str, place: int, detail: str) -> Mapping[str, str]:
    return {"field": f"{field}.{place}", "detail": detail}
