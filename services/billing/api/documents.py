"""Routes on issued documents: lists, one with its snapshot, its PDF, and the proof that all are as they were."""

from datetime import date
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.billing.api.tools import Billing, Reader
from services.billing.documents import MEDIA_TYPE
from services.billing.einvoice import cii, obstacle, ubl
from services.billing.queries.documents import Bytes, Filter, find_bytes, find_document, list_documents
from services.billing.queries.external import find_original
from services.billing.queries.proof import verify
from shared.problems import NotFound, Problem, Unavailable
from shared.web import Page, after_key, json_response, page_of
from shared.web.paging import Limit

router = APIRouter()

SYNTAXES = {"cii": cii, "ubl": ubl}


class NoPdf(Problem):
    """An invoice that was imported as XML."""

    slug = "no-pdf"
    title = "The document has no PDF"


class NoElectronicForm(Problem):
    """EN 16931 has no words for this document."""

    slug = "no-electronic-form"
    title = "The document has no electronic form"


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
        original = await find_original(conn, caller.shop, document_id) if found is None else None
    if original is not None:
        if original.media_type != MEDIA_TYPE:
            raise NoPdf(f"{original.number} was imported as XML: get its original.")
        found = Bytes(document_id, original.sha256, original.content)  # its number is no file name
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
    return Response(found.content, media_type=MEDIA_TYPE, headers=headers)


@router.get("/documents/{document_id}/xml")
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
    headers = {"Content-Disposition": f'attachment; filename="{found["number"]}.{syntax}.xml"'}
    return Response(content, media_type="application/xml", headers=headers)


@router.get("/verify")
async def get_proof(caller: Reader, billing: Billing) -> Response:
    """Whether every series is without a hole, every document as sealed, every PDF as rendered."""
    async with billing.db.read() as conn:
        return json_response(await verify(conn, caller.shop))
