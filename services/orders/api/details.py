"""Routes on an order beside its lines and status: its details, internal notes, and the log of who did what."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orders.api.answers.histories import Note, Notes, OrderLog
from services.orders.api.answers.orders import OrderAnswer
from services.orders.api.tools import (
    Code,
    Orders,
    Reader,
    Writer,
    commanding,
    documents_of,
    expected_version,
    order_response,
)
from services.orders.commands.amending import add_note, amend_order
from services.orders.commands.inputs import AmendOrder, NoteInput
from services.orders.queries.log import order_log, order_notes_of
from services.orders.queries.records import find_order
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])


@router.patch("/{code}", response_model=OrderAnswer)
async def patch_order(request: Request, caller: Writer, tools: Orders, code: Code, body: AmendOrder) -> Response:
    """Change what is named and leave the rest; `If-Match` takes a version."""
    actor, version = await commanding(request, caller, tools.keyring), expected_version(request)
    async with tools.outbox.transaction() as tx:
        record = await amend_order(tx, caller.shop, code, body, actor, version=version)
        document = (await documents_of(tx.conn, [record]))[0]
    return order_response(document)


@router.get("/{code}/notes", response_model=Notes)
async def read_notes(caller: Reader, tools: Orders, code: Code) -> Response:
    """The internal notes, newest first; no message, mail or page for clients holds them."""
    async with tools.db.read() as conn:
        items = await order_notes_of(conn, await find_order(conn, caller.shop, code))
    return _listed(items)


@router.post("/{code}/notes", status_code=201, response_model=Note)
async def post_note(request: Request, caller: Writer, tools: Orders, code: Code, body: NoteInput) -> Response:
    """One more of them."""
    actor = await commanding(request, caller, tools.keyring)

    async def command(tx: Transaction) -> Response:
        return json_response(await add_note(tx, caller.shop, code, body, actor), 201)

    return await once(request, tools.outbox, caller, command)


@router.get("/{code}/log", response_model=OrderLog)
async def read_log(caller: Reader, tools: Orders, code: Code) -> Response:
    """Every command on the order: who, when, what."""
    async with tools.db.read() as conn:
        items = await order_log(conn, await find_order(conn, caller.shop, code))
    return _listed(items)


def _listed(items: list[dict[str, Any]]) -> Response:
    return json_response({"items": items, "next": None, "total": len(items)})
