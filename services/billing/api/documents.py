"""Routes on issued documents: lists, one with its snapshot, its PDF, and the proof that all are as they were."""

from datetime import date
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.billing.api.tools import PDF, Billing, Reader, pdf_response
from services.billing.commands.bulk import Names
from services.billing.queries.documents import Filter, find_document, list_documents
from services.billing.queries.printing import Asked
from services.billing.queries.proof import verify
from shared.problems import NotFound
from shared.web import Page, after_key, json_response, page_of
from shared.web.paging import Limit

router = APIRouter()


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


@router.get("/documents/{document_id}/pdf", response_class=Response, responses=PDF)
async def get_pdf(
    request: Request,
    caller: Reader,
    billing: Billing,
    document_id: str,
    language: Literal["fr", "en"] | None = None,
    copy: bool = False,
) -> Response:
    """The PDF of a document or an order form, always the same bytes; 503 with Retry-After while it is being typeset.

    `copy` and another language than the original's give a copy that is marked so.
    """
    found = await billing.press.find(
        caller.shop, Asked("invoice", language, copy=copy), Names(documents=(document_id,))
    )
    if found.refused:
        raise NotFound(found.refused[0])
    [sheet] = found.sheets
    content = await billing.press.bytes_of(caller.shop, sheet)
    return pdf_response(request, content, sheet.name, kept=sheet.job is None)


@router.get("/verify")
async def get_proof(caller: Reader, billing: Billing) -> Response:
    """Whether every series is without a hole, every document as sealed, every PDF as rendered."""
    async with billing.db.read() as conn:
        return json_response(await verify(conn, caller.shop, outside=billing.store is not None))
