"""Routes that read one order: as it is, and its timeline. `listing` has the list, `transitions` where it can go."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.orders.api.answers.histories import Timeline
from services.orders.api.answers.orders import OrderAnswer
from services.orders.api.tools import Code, Orders, Reader, order_response, read_document
from services.orders.queries.records import find_order
from services.orders.queries.timeline import order_timeline
from shared.web import json_response

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])


@router.get("/{code}", response_model=OrderAnswer)
async def read_order(caller: Reader, tools: Orders, code: Code) -> Response:
    """One order; `ETag` is its version."""
    return order_response(await read_document(tools, caller.shop, code))


@router.get("/{code}/timeline", response_model=Timeline)
async def read_timeline(caller: Reader, tools: Orders, code: Code) -> Response:
    """Its whole history: entries, parcels, stock, payment, documents, deliveries."""
    async with tools.db.read() as conn:
        items = await order_timeline(conn, await find_order(conn, caller.shop, code))
    return json_response({"items": items, "next": None, "total": len(items)})
