"""Live previews: what an order, or an edit of its lines, would come to: the commands' own code, nothing written."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orders.api.answers.orders import OrderPreview
from services.orders.api.tools import Code, Orders, Reader, commanding
from services.orders.commands.editing import preview_lines
from services.orders.commands.inputs import EditLines, PlaceOrder
from services.orders.commands.offering import offered, short_reasons
from services.orders.commands.placing import preview
from services.orders.queries.documents import order_document
from services.orders.queries.records import OrderRecord
from shared.outbox import Transaction
from shared.web import json_response

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

SHOWN = ("currency", "prices_include_tax", "language", "lines", "adjustments", "totals")


@router.post("/preview", response_model=OrderPreview)
async def preview_order(request: Request, caller: Reader, tools: Orders, body: PlaceOrder) -> Response:
    """Lines, promotions and totals that `POST /api/v1/orders` would save; refusals are the same.

    `short_reason` says of a line that it asks for more than is on offer, as far as it is known now.
    """
    actor = await commanding(request, caller, tools.keyring)
    async with tools.db.read() as conn:
        record = await preview(Transaction(conn, tools.outbox.clock()), caller.shop, body, actor)
        short = short_reasons(record, await offered(conn, caller.shop, [line.sku for line in record.lines]))
    return json_response(_shown(record, short))


@router.post("/{code}/lines/preview", response_model=OrderPreview)
async def preview_edit(caller: Reader, tools: Orders, code: Code, body: EditLines) -> Response:
    """The same of `PUT /api/v1/orders/{code}/lines`; whether an invoice must be issued anew is not asked here."""
    async with tools.db.read() as conn:
        record = await preview_lines(Transaction(conn, tools.outbox.clock()), caller.shop, code, body)
    return json_response(_shown(record))


def _shown(record: OrderRecord, short: Mapping[int, str] | None = None) -> dict[str, Any]:
    document = order_document(record)
    for line in document["lines"]:
        line["short_reason"] = (short or {}).get(line["id"])
    return {name: document[name] for name in SHOWN}
