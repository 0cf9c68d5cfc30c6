"""Routes on the accounts: reports as CSV or JSON, made from the documents while they are sent, and the account plan.

Pages are walked by their keys, each in a look of its own, so that memory stays flat and no connection waits for a slow
reader. Neighbours: `domain.accounts` and `domain.fec` (what a row says), `writing` (how it is written).
"""

import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.billing.api.answers.books import ReportAnswer
from services.billing.api.books import Books
from services.billing.api.fields import Currency
from services.billing.api.tools import Billing, Reader, Tools, Writer
from services.billing.api.writing import MEDIA_TYPES, as_csv, as_fec, as_json
from services.billing.commands.plans import set_plan
from services.billing.domain import (
    E_REPORTING_COLUMNS,
    FEC_COLUMNS,
    JOURNAL_COLUMNS,
    VAT_COLUMNS,
    AccountPlan,
)
from services.billing.queries.reports import find_plan
from shared.problems import Invalid, Unavailable
from shared.security import Caller, find_shop
from shared.web import json_response

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

Name = Literal["vat", "e-reporting", "journal", "payments", "fec"]
Account = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{3,20}$")]
Journal = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{1,40}$")]

PAYMENT_COLUMNS = ("day", "number", "kind", "order", "method", "reference", "currency", "amount", "actor")


def _rate(written: str) -> str:
    """A rate of VAT as documents write it: `5.5` for `5.50`."""
    if not re.fullmatch(r"[0-9]{1,3}([.][0-9]{1,4})?", written):
        raise ValueError("must be a rate such as 5.5")
    return f"{Decimal(written).normalize():f}"


Rate = Annotated[str, AfterValidator(_rate)]
Category = Literal["S", "Z", "E", "AE", "K", "G", "O"]
"""Of VAT, in EN 16931."""


class PlanBody(BaseModel):
    """Accounts and journals; `sales_by_category` by VAT category (`G`), `vat_by_rate` by rate (`5.5`), `methods`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customers: Account = AccountPlan().customers
    goods: Account = AccountPlan().goods
    services: Account = AccountPlan().services
    vat: Account = AccountPlan().vat
    bank: Account = AccountPlan().bank
    sales_journal: Journal = AccountPlan().sales_journal
    bank_journal: Journal = AccountPlan().bank_journal
    sales_by_category: Annotated[dict[Category, Account], Field(max_length=50)] = {}
    vat_by_rate: Annotated[dict[Rate, Account], Field(max_length=50)] = {}
    methods: Annotated[dict[Key, Account], Field(max_length=50)] = dict(AccountPlan().methods)


class ReportQuery(BaseModel):
    """The days, both included; how the file is written; the FEC's separator, and the one currency it is in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: Annotated[date, Field(alias="from", ge=date(2000, 1, 1), le=date(2199, 12, 31))]
    last: Annotated[date, Field(alias="to", ge=date(2000, 1, 1), le=date(2199, 12, 31))]
    format: Literal["csv", "json"] = "csv"
    separator: Literal["tab", "pipe"] = "tab"
    currency: Currency | None = None


@router.get(
    "/reports/{report}",
    response_class=StreamingResponse,
    responses={200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}, "model": ReportAnswer}},
)
async def get_report(
    caller: Reader, billing: Billing, report: Name, query: Annotated[ReportQuery, Query()]
) -> StreamingResponse:
    """VAT by month and rate, totals for e-reporting by day, the journals of sales and payments, the FEC's entries."""
    if query.last < query.first:
        raise Invalid("The last day is before the first.", field="to")
    books = await _books(billing, caller, query)
    columns, rows = _rows(books, report, query)
    pieces = as_json(rows) if query.format == "json" else as_csv(columns, rows)
    if report == "fec" and query.format == "csv":
        pieces = as_fec(columns, rows, "\t" if query.separator == "tab" else "|")
    ending = "txt" if report == "fec" and query.format == "csv" else query.format
    name = f"{report}-{query.first}-{query.last}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, headers=headers, media_type=MEDIA_TYPES[ending])


async def _books(billing: Tools, caller: Caller, query: ReportQuery) -> Books:
    async with billing.db.read() as conn:
        shop = await find_shop(conn, caller.shop)
    if shop is None:
        raise Unavailable("The shop has not been heard of yet.")
    return Books(billing.db, shop, query.first, query.last)


def _rows(books: Books, report: Name, query: ReportQuery) -> tuple[tuple[str, ...], AsyncIterator[dict[str, Any]]]:
    match report:
        case "vat":
            return VAT_COLUMNS, books.vat()
        case "e-reporting":
            return E_REPORTING_COLUMNS, books.e_reporting()
        case "journal":
            return JOURNAL_COLUMNS, books.journal()
        case "payments":
            return PAYMENT_COLUMNS, books.payments()
        case "fec":
            return FEC_COLUMNS, books.fec(query.currency or books.shop.currency)


@router.get("/account-plan", response_model=PlanBody)
async def get_plan(caller: Reader, billing: Billing) -> Response:
    """The accounts that the FEC's entries are posted to."""
    async with billing.db.read() as conn:
        return json_response(asdict(await find_plan(conn, caller.shop)))


@router.put("/account-plan", response_model=PlanBody)
async def put_plan(caller: Writer, billing: Billing, body: PlanBody) -> Response:
    """Choose them; what is left out is the usual account of the French general plan."""
    async with billing.outbox.transaction() as tx:
        await set_plan(tx, caller.shop, AccountPlan(**body.model_dump()))
    return json_response(body.model_dump())
