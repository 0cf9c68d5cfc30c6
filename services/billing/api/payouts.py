"""Routes on payouts: as JSON, as the files of marketplaces, and what came of them."""

import asyncio
import csv
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from services.billing.api.answers.money import PayoutAnswer, Payouts, RecordedPayouts, UnmatchedLines
from services.billing.api.fields import STORABLE, Amount, Currency, Name, Reference
from services.billing.api.tools import Billing, Reader, Tools, Writer
from services.billing.commands.pay import MOST
from services.billing.commands.payouts import record_payouts
from services.billing.domain.payouts import LineKind, Payout, PayoutLine
from services.billing.payments.payout_files import BadFile, Columns, read_payouts
from services.billing.queries.payouts import find_payout, list_payouts, list_unmatched
from shared.money import InvalidAmount, UnknownCurrency, parse_amount
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound
from shared.security import Caller
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.paging import Limit

UPLOADS = {"/api/v1/billing/payouts/files": 16 * 1024 * 1024}
"""Bodies that may be larger than others, in bytes."""

router = APIRouter(prefix="/api/v1/billing/payouts", tags=["billing"])

Source = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,19}$")]
CSV = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


class LineBody(BaseModel):
    """`amount` is signed: what the line adds to the payout. `order`: the marketplace's id of the order, or ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: LineKind
    amount: Amount
    order: Name | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), STORABLE] = ""


class PayoutBody(BaseModel):
    """`amount`: what was paid out, as the source states it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source
    reference: Annotated[Reference, Field(min_length=1)]
    currency: Currency
    lines: Annotated[list[LineBody], Field(min_length=1, max_length=5000)]
    amount: Amount | None = None
    paid_on: date | None = None


class ColumnsBody(BaseModel):
    """Which column of an own file is what; `kinds` translates its words into sale, refund, fee and other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reference: Name
    amount: Name
    order: Name | None = None
    kind: Name | None = None
    currency: Name | None = None
    text: Name | None = None
    paid_on: Name | None = None
    kinds: Annotated[dict[str, LineKind], Field(max_length=200)] = {}


@router.get("", responses={200: {"model": Payouts}})
async def get_payouts(caller: Reader, billing: Billing, limit: Limit = 50, after: str | None = None) -> Page:
    """Payouts, newest first."""
    key = after_key(after, 1, kinds=[str])
    async with billing.db.read() as conn:
        items, total = await list_payouts(conn, caller.shop, limit, key[0] if key else None)
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


@router.get("/unmatched", responses={200: {"model": UnmatchedLines}})
async def get_unmatched(caller: Reader, billing: Billing, limit: Limit = 50, after: str | None = None) -> Page:
    """Lines of orders that were not heard of yet: they are matched as soon as one is."""
    key = after_key(after, 2, kinds=[str, int])
    async with billing.db.read() as conn:
        items, keys, total = await list_unmatched(conn, caller.shop, limit, (key[0], key[1]) if key else None)
    return page_of(items, limit, total, list(keys[limit - 1]) if len(items) > limit else None)


@router.get("/{payout_id}", response_model=PayoutAnswer)
async def get_payout(caller: Reader, billing: Billing, payout_id: str) -> Response:
    """A payout reconciled: its sums, its orders with what was expected and what differs, what is not matched."""
    async with billing.db.read() as conn:
        found = await find_payout(conn, caller.shop, payout_id)
    if found is None:
        raise NotFound(f"There is no payout {payout_id!r}.")
    return json_response(found)


@router.post("", status_code=201, response_model=RecordedPayouts)
async def post_payout(request: Request, caller: Writer, billing: Billing, body: PayoutBody) -> Response:
    """Record a payout; the same one again is found."""
    return await _record(request, caller, billing, [_payout(body)])


@router.post("/files", status_code=201, openapi_extra=CSV, response_model=RecordedPayouts)
async def post_file(
    request: Request,
    caller: Writer,
    billing: Billing,
    source: Annotated[Source, Query(description="amazon: settlement report, ebay: transaction report; else `columns`")],
    currency: Annotated[Currency, Query(description="where the file names none")] = "EUR",
    columns: Annotated[str | None, Query(max_length=4000, description="JSON: which column is what")] = None,
) -> Response:
    """Record the payouts of a marketplace's file, all or none."""
    mapping = None if columns is None else _columns(columns)
    if mapping is None and source not in ("amazon", "ebay"):
        raise Invalid("Say which column is what: only the files of amazon and ebay are known.", field="columns")
    try:
        content = (await request.body()).decode("utf-8-sig")
        found = await asyncio.to_thread(read_payouts, content, source, currency, mapping)
    except (BadFile, UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"The file cannot be read: {error}.", field="body") from error
    return await _record(request, caller, billing, [_bounded(payout) for payout in found])


async def _record(request: Request, caller: Caller, billing: Tools, found: list[Payout]) -> Response:
    async def command(tx: Transaction) -> Response:
        recorded, issued = await record_payouts(tx, caller.shop, found, caller.actor)
        if issued:
            tx.after_commit(billing.issued)
        return json_response({"items": [await find_payout(tx.conn, caller.shop, id_) for id_ in recorded]}, 201)

    return await once(request, billing.outbox, caller, command)


def _payout(body: PayoutBody) -> Payout:
    lines = tuple(
        PayoutLine(line.kind, _read(line.amount, body.currency, f"lines.{place}.amount"), line.order, line.text)
        for place, line in enumerate(body.lines)
    )
    amount = None if body.amount is None else _read(body.amount, body.currency, "amount")
    return Payout(body.source, body.reference, body.currency, lines, amount, body.paid_on)


def _read(written: str, currency: str, field: str) -> int:
    try:
        amount = parse_amount(written, currency)
    except UnknownCurrency as error:
        raise Invalid(str(error), field="currency") from error
    except InvalidAmount as error:
        raise Invalid(str(error), field=field) from error
    if abs(amount) > MOST:
        raise Invalid("The amount is beyond all measure.", field=field)
    return amount


def _bounded(payout: Payout) -> Payout:
    """A file's payout, if its values can be kept."""
    names = [payout.reference, *(line.external_id or "" for line in payout.lines)]
    if any(len(name) > 80 for name in names):
        raise Invalid("The file has a reference or an order's id that is too long.", field="body")
    if any("\0" in text for text in (*names, *(line.text for line in payout.lines))):
        raise Invalid("The file holds NUL characters.", field="body")
    if any(abs(amount) > MOST for amount in (payout.amount or 0, *(line.amount for line in payout.lines))):
        raise Invalid("The file has an amount beyond all measure.", field="body")
    return payout


def _columns(text: str) -> Columns:
    try:
        named: dict[str, Any] = ColumnsBody.model_validate(orjson.loads(text)).model_dump()
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise Invalid(
            'The columns are a JSON object like {"reference": "Payout", "amount": "Net"}.', field="columns"
        ) from error
    return Columns(**named)
