"""Imports of files over HTTP: a file goes in, a job works through it, and here is how far it is and what it rejected.

The file is kept in pieces in the database until the import is over, so that any replica can work on it and a restart
loses nothing. `commands.importing` has the steps, `files` what the file says.
"""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse
from starlette.datastructures import FormData, UploadFile

from services.orders.api.answers.shop import ImportAnswer, Imports
from services.orders.api.tools import Orders, Reader, Tools, Writer
from services.orders.commands.importing import add_part, begin, cancel, receive
from services.orders.files.guarding import guarded
from services.orders.files.loading import MappingError, format_text, parse_mapping
from services.orders.queries.documents import moment
from services.orders.queries.imports import Import, find_import, list_imports, walk_rejects
from shared.problems import Invalid
from shared.security import Caller
from shared.web import Page, after_key, json_response
from shared.web.paging import Limit, page_of

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

IMPORTS = "/api/v1/orders/imports"
UPLOAD_LIMIT = 256 * 1024 * 1024
"""Bytes of an uploaded file with its form."""
UPLOADS = {IMPORTS: UPLOAD_LIMIT}
PART = 512 * 1024
NAME = 200
"""Characters kept of a file's name."""
YES = {"true": True, "false": False}
FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "CSV, or XLSX by its name"},
        "format": {"type": "string", "description": "a format that comes along, such as shopify"},
        "mapping": {"type": "string", "description": "or a mapping of one's own, in YAML"},
        "dry_run": {"type": "boolean", "default": False, "description": "tell what would happen, create nothing"},
    },
}
Id = Annotated[str, Path(max_length=40)]


@router.get("/imports", responses={200: {"model": Imports}})
async def read_imports(caller: Reader, tools: Orders, limit: Limit = 50, after: str | None = None) -> Page:
    """The shop's imports, the newest first."""
    key = after_key(after, 1, kinds=(str,))
    async with tools.db.read() as conn:
        found, total = await list_imports(conn, caller.shop, limit, key[0] if key else None)
    more = len(found) > limit
    return page_of([_document(one) for one in found], limit, total, [found[limit - 1].id] if more else None)


@router.get("/imports/{id}", response_model=ImportAnswer)
async def read_import(caller: Reader, tools: Orders, id: Id) -> Response:
    """How far an import is."""
    async with tools.db.read() as conn:
        return json_response(_document(await find_import(conn, caller.shop, id)))


@router.get("/imports/{id}/rejects", response_class=StreamingResponse, responses={200: {"content": {"text/csv": {}}}})
async def read_rejects(caller: Reader, tools: Orders, id: Id) -> StreamingResponse:
    """The rejected rows as CSV: line and reason, then the columns of the file, to be mended and imported again."""
    async with tools.db.read() as conn:
        found = await find_import(conn, caller.shop, id)
    headers = {"Content-Disposition": 'attachment; filename="rejects.csv"'}
    return StreamingResponse(_rejects(tools, found), media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/imports",
    status_code=202,
    responses={413: {"description": "too large"}, 422: {"description": "invalid"}},
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}},
    response_model=ImportAnswer,
)
async def start_import(request: Request, caller: Writer, tools: Orders) -> Response:
    """Take a file of orders; answers at once, and works through it afterwards."""
    async with request.form(max_files=1, max_fields=10) as form:  # a large file is kept on disk meanwhile
        found = await _received(tools, caller, form)
    return json_response(_document(found), 202, {"Location": f"{IMPORTS}/{found.id}"})


@router.post("/imports/{id}/cancel", response_model=ImportAnswer)
async def cancel_import(caller: Writer, tools: Orders, id: Id) -> Response:
    """Stop an import; the orders that it has created stay."""
    async with tools.outbox.transaction() as tx:
        return json_response(_document(await cancel(tx, caller.shop, id)))


async def _received(tools: Tools, caller: Caller, form: FormData) -> Import:
    """The import with its file, ready to be worked on. Raises `Invalid`."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid("Send the file as the form's part 'file'.", field="file")
    dry_run = YES.get(str(form.get("dry_run", "false")))
    if dry_run is None:
        raise Invalid("'dry_run' is true or false.", field="dry_run")
    name, text = _mapping(form)
    async with tools.outbox.transaction() as tx:
        written = (file.filename or "orders.csv").replace("\0", "")[-NAME:]
        found = await receive(tx, caller, file=written, form=name, mapping=text, dry_run=dry_run)
    size = number = 0
    while body := await file.read(PART):  # each in a transaction of its own: others may write between
        async with tools.outbox.transaction(batch=True) as tx:
            await add_part(tx, found.id, number, body)
        size, number = size + len(body), number + 1
    async with tools.outbox.transaction() as tx:
        await begin(tx, found.id, size)
        return await find_import(tx.conn, caller.shop, found.id)


def _mapping(form: FormData) -> tuple[str, str]:
    """The format's name and its mapping, checked."""
    name, own = form.get("format"), form.get("mapping")
    try:
        if isinstance(own, str) and own:
            parse_mapping(own, "mapping")
            return "own", own
        if isinstance(name, str) and name:
            return name, format_text(name)
    except MappingError as error:
        raise Invalid(f"{error}.", field="mapping" if own else "format") from None
    raise Invalid("Name the file's format, or send a mapping.", field="format")


def _document(found: Import) -> dict[str, Any]:
    counts = ("rows", "orders", "done", "created", "known", "refused", "rejected", "skipped")
    return {
        "id": found.id,
        "state": found.state,
        "file": found.file,
        "format": found.format,
        "dry_run": found.dry_run,
        "size": found.size,
        "counts": {name: getattr(found, name) for name in counts},
        "statuses": found.statuses,
        "progress": 1.0 if found.state == "done" else round(found.done / found.orders, 3) if found.orders else 0.0,
        "error": found.error,
        "by": found.actor,
        "created_at": moment(found.created_at),
        "finished_at": None if found.finished_at is None else moment(found.finished_at),
    }


async def _rejects(tools: Tools, found: Import) -> AsyncIterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["line", "reason", *map(guarded, found.columns)])
    async for rows in walk_rejects(tools.db, found.id):
        writer.writerows((row.line, guarded(row.reason), *map(guarded, row.cells)) for row in rows)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()
