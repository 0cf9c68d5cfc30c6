"""Routes on issued documents: lists, one with its snapshot, its PDF, and the proof that all are as they were."""

from dataclasses import asdict, astuple
from datetime import date
from types import NoneType
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.billing.api.answers.documents import Documents, Proof, WholeDocument
from services.billing.api.tools import PDF, Billing, PdfReader, Reader, Tools, file_name, pdf_response
from services.billing.commands.bulk import Names
from services.billing.documents import MEDIA_TYPE
from services.billing.einvoice import cii, obstacle, ubl
from services.billing.queries.documents import Filter, find_document, list_documents
from services.billing.queries.external import find_original
from services.billing.queries.printing import Asked
from services.billing.queries.proof import START, Place, verify
from shared.problems import NotFound, Problem
from shared.security import Caller
from shared.web import Page, after_key, json_response, page_of
from shared.web.paging import Limit, encode_key

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

SYNTAXES = {"cii": cii, "ubl": ubl}


class NoPdf(Problem):
    """An invoice that was imported as XML."""

    slug = "no-pdf"
    title = "The document has no PDF"


class NoElectronicForm(Problem):
    """EN 16931 has no words for this document."""

    slug = "no-electronic-form"
    title = "The document has no electronic form"


@router.get("/documents", responses={200: {"model": Documents}})
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
    key = after_key(after, 1, kinds=[str])
    async with billing.db.read() as conn:
        items, total = await list_documents(conn, caller.shop, narrowed, limit, key[0] if key else None)
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


@router.get("/documents/{document_id}", response_model=WholeDocument)
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
    caller: PdfReader,
    billing: Billing,
    document_id: str,
    language: Literal["fr", "en"] | None = None,
    copy: bool = False,
) -> Response:
    """The PDF of a document or an order form, always the same bytes; 503 with Retry-After while it is being typeset.

    `copy` and another language than the original's give a copy that is marked so, but for a document made elsewhere.
    """
    found = await billing.printing.press.find(
        caller.shop, Asked("invoice", language, copy=copy), Names(documents=(document_id,))
    )
    if found.refused:
        return await _imported_pdf(request, caller, billing, document_id)
    [sheet] = found.sheets
    content = await billing.printing.press.bytes_of(caller.shop, sheet)
    return pdf_response(request, content, sheet.name, kept=sheet.job is None)


async def _imported_pdf(request: Request, caller: Caller, billing: Tools, document_id: str) -> Response:
    async with billing.db.read() as conn:
        original = await find_original(conn, caller.shop, document_id)
    if original is None:
        raise NotFound(f"There is no document {document_id!r}.")
    if original.media_type != MEDIA_TYPE:
        raise NoPdf(f"{original.number} was imported as XML: get its original.")
    return pdf_response(request, original.content, document_id, kept=True)  # its number is no file name


@router.get(
    "/documents/{document_id}/xml", response_class=Response, responses={200: {"content": {"application/xml": {}}}}
)
async def get_xml(
    caller: Reader, billing: Billing, document_id: str, syntax: Literal["cii", "ubl"] = "cii"
) -> Response:
    """The document as EN 16931 has it, as CII the very bytes that its PDF carries; 409 where it cannot be said."""
    async with billing.db.read() as conn:
        found = await find_document(conn, caller.shop, document_id)
    if found is None:
        raise NotFound(f"There is no document {document_id!r}.")
    if found["origin"] == "external":
        raise NoElectronicForm(f"{found['number']} was made elsewhere: get its original.")
    content = SYNTAXES[syntax](found["snapshot"])
    if content is None:
        raise NoElectronicForm(f"{found['number']} has no electronic form: {obstacle(found['snapshot'])}.")
    headers = {"Content-Disposition": f'attachment; filename="{file_name(found["number"])}.{syntax}.xml"'}
    return Response(content, media_type="application/xml", headers=headers)


@router.get("/verify", response_model=Proof)
async def get_proof(
    caller: Reader,
    billing: Billing,
    limit: Annotated[int, Query(ge=1, le=1000)] | None = None,
    after: str | None = None,
) -> Response:
    """Whether every series is without a hole, every document as sealed, every PDF as rendered; all, or in pages."""
    key = after_key(after, 4, kinds=[str, int, int, (str, NoneType)])
    asked: dict[str, Any] = {} if limit is None else {"limit": limit}
    outside = billing.printing.store is not None
    async with billing.db.read() as conn:
        proof = await verify(conn, caller.shop, after=Place(*key) if key else START, outside=outside, **asked)
    content = asdict(proof) | {"ok": not proof.problems, "next": proof.next and encode_key(list(astuple(proof.next)))}
    return json_response(content)
