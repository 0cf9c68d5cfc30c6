"""Routes on invoices that other software made: import one, take an import back, get the file as it came.

A file is read before anything is written, in a process of its own (`einvoice.apart`).
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.datastructures import UploadFile

from services.billing.api.answers.documents import ImportedInvoice
from services.billing.api.fields import STORABLE, Currency, Reason
from services.billing.api.tools import Billing, Reader, Tools, Writer
from services.billing.commands.importing import Said, import_invoice, order_named, void
from services.billing.einvoice import Reading, UnreadableError, read_apart
from services.billing.queries.external import find_original
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound
from shared.security import Caller
from shared.web import json_response, once
from shared.web.openapi import also

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

_UPLOAD = 20 * 1024 * 1024
"""Bytes of a file with its form."""
UPLOADS = {
    "/api/v1/billing/external-invoices": _UPLOAD,
    "/api/v1/billing/orders/{code}/external-invoices": _UPLOAD,
}
Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), STORABLE]


class SaidForm(BaseModel):
    """What the form says besides the file; needed where the file itself does not say it."""

    model_config = ConfigDict(extra="forbid")

    number: Number | None = None
    issued_on: date | None = None
    gross: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}(\.[0-9]{1,4})?$")] | None = None
    currency: Currency | None = None


class VoidBody(BaseModel):
    """Why an import is taken back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Reason


_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "a PDF, Factur-X, CII or UBL"},
        "number": {"type": "string", "description": "the issuer's"},
        "issued_on": {"type": "string", "format": "date"},
        "gross": {"type": "string", "description": "like 116.80"},
        "currency": {"type": "string", "description": "like EUR"},
    },
}
_BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "the same file was imported before", "model": ImportedInvoice},
    **also(404, 409, 413, 422),
}

_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {} for name in ("application/pdf", "application/xml")}}
}


@router.post(
    "/orders/{code}/external-invoices",
    status_code=201,
    responses=_ANSWERS,
    openapi_extra=_BODY,
    response_model=ImportedInvoice,
)
async def import_for_order(request: Request, caller: Writer, billing: Billing, code: str) -> Response:
    """Import the invoice of an order, made by other software: the order then is invoiced, and none is issued."""
    return await _import(request, caller, billing, code)


@router.post(
    "/external-invoices", status_code=201, responses=_ANSWERS, openapi_extra=_BODY, response_model=ImportedInvoice
)
async def import_by_reference(request: Request, caller: Writer, billing: Billing) -> Response:
    """The same for the order that the file names (BT-14 or BT-13)."""
    return await _import(request, caller, billing, None)


@router.post("/external-invoices/{invoice_id}/void", responses=also(404, 409), response_model=ImportedInvoice)
async def void_import(request: Request, caller: Writer, billing: Billing, invoice_id: str, body: VoidBody) -> Response:
    """Take an import back; the file and the fact are kept, and what the order then asks for is issued."""

    async def command(tx: Transaction) -> Response:
        view, issued = await void(tx, caller.shop, invoice_id, body.reason, caller.actor)
        if issued:
            tx.after_commit(billing.issued)
        return json_response(view)

    return await once(request, billing.outbox, caller, command)


@router.get("/documents/{document_id}/original", response_class=Response, responses={**_FILE, **also(404)})
async def get_original(caller: Reader, billing: Billing, document_id: str) -> Response:
    """The file of an imported invoice, always the same bytes."""
    async with billing.db.read() as conn:
        found = await find_original(conn, caller.shop, document_id)
    if found is None:
        raise NotFound(f"There is no imported invoice {document_id!r}.")
    ending = found.media_type.rpartition("/")[2]
    headers = {
        "ETag": f'"{found.sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f'attachment; filename="{document_id}.{ending}"',
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


async def _import(request: Request, caller: Caller, billing: Tools, code: str | None) -> Response:
    await request.body()  # `once` compares it again
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("Send the file as the form's part 'file'.", field="file")
        content = await file.read()
        said = _said({name: value for name, value in form.items() if name != "file"})
    reading = await _read(content)

    async def command(tx: Transaction) -> Response:
        order = await order_named(tx, caller.shop, reading.orders) if code is None else code
        view, new = await import_invoice(tx, caller.shop, order, content, reading, said, caller.actor)
        return json_response(view, 201 if new else 200)

    return await once(request, billing.outbox, caller, command)


def _said(fields: dict[str, object]) -> Said:
    try:
        found = SaidForm.model_validate({name: value for name, value in fields.items() if value != ""})
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None
    return Said(found.number, found.issued_on, found.gross, found.currency)


async def _read(content: bytes) -> Reading:
    try:
        return await read_apart(content)
    except UnreadableError as error:
        raise Invalid(f"The file cannot be read: {error}.", field="file") from None
