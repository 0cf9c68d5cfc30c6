"""The proof that the bytes of every typeset document are there and are what was typeset, wherever they are kept."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.billing.api.answers.documents import StorageProof
from services.billing.api.tools import Billing, Reader, Tools
from services.billing.documents.store import StoreFailed
from services.billing.queries.stored import count_stored, list_stored
from shared.web import after_key, json_response
from shared.web.paging import encode_key

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

PAGE = 50


@router.get("/storage/verify", response_model=StorageProof)
async def verify_storage(
    caller: Reader, billing: Billing, limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE, after: str | None = None
) -> Response:
    """Read a page of PDFs and compare them with their hashes; `problems` names what is missing or other."""
    key = after_key(after, 1, kinds=(str,))
    async with billing.db.read() as conn:
        rows = await list_stored(conn, caller.shop, limit + 1, key[0] if key else "")
        total = await count_stored(conn, caller.shop)
    problems = [problem for row in rows[:limit] if (problem := await _problem(billing, row))]
    more = encode_key([rows[limit - 1].document_id]) if len(rows) > limit else None
    checked = len(rows[:limit])
    return json_response({"checked": checked, "total": total, "ok": not problems, "problems": problems, "next": more})


async def _problem(billing: Tools, row: Any) -> dict[str, Any] | None:
    """What is wrong with one PDF."""
    content, said = row.content, "the PDF is missing"
    if content is None and billing.printing.store is not None:
        try:
            content = await billing.printing.store.get(row.sha256)
        except StoreFailed as error:
            said = str(error)
    if content is not None:
        if hashlib.sha256(content).hexdigest() == row.sha256:
            return None
        said = "the PDF is not what was rendered"
    return {"document": row.document_id, "number": row.number, "problem": said}
