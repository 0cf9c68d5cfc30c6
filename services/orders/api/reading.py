"""Routes that read orders: the list, one order, its timeline. Where it can go from here: `transitions`."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.tools import (
    Code,
    Reader,
    Tools,
    documents_of,
    odd_after,
    order_id,
    order_response,
    read_document,
)
from services.orders.commands.inputs.fields import Short, Words
from services.orders.queries.lists import Filters, list_orders
from services.orders.queries.records import find_order
from services.orders.queries.timeline import order_timeline
from shared.web import Page, after_key, json_response
from shared.web.paging import Limit, page_of


class ListQuery(BaseModel):
    """The filters of the list, its page and its place."""

    settled: bool | None = None
    status: Short | None = None
    type: Short | None = None
    channel: Short | None = None
    code: Short | None = None
    external_id: Short | None = None
    payment: Short | None = None
    stock: Short | None = None
    invoice: Short | None = None
    q: Annotated[Words | None, Field(description="code, name, e-mail, external id, tracking number or SKU")] = None
    limit: Limit = 50
    after: str | None = None


def add_reads(router: APIRouter, tools: Tools) -> None:
    """`GET` below `/api/v1/orders`."""

    @router.get("")
    async def read_orders(caller: Reader, filters: Annotated[ListQuery, Query()]) -> Page:
        """Orders of the shop, the newest first."""
        async with tools.db.read() as conn:
            return await _page(conn, caller.shop, filters)

    @router.get("/{code}")
    async def read_order(caller: Reader, code: Code) -> Response:
        """One order; `ETag` is its version."""
        return order_response(await read_document(tools, caller.shop, code))

    @router.get("/{code}/timeline")
    async def read_timeline(caller: Reader, code: Code) -> Response:
        """Its whole history: entries, parcels, stock, payment, documents, deliveries."""
        async with tools.db.read() as conn:
            items = await order_timeline(conn, await find_order(conn, caller.shop, code))
        return json_response({"items": items, "next": None, "total": len(items)})


async def _page(conn: AsyncConnection, shop: str, filters: ListQuery) -> Page:
    key = after_key(filters.after, 2)
    chosen = Filters(**filters.model_dump(exclude={"limit", "after"}))
    records, total = await list_orders(conn, shop, chosen, filters.limit, None if key is None else _list_key(key))
    documents = await documents_of(conn, records)
    last = records[filters.limit - 1] if len(records) > filters.limit else None
    return page_of(documents, filters.limit, total, None if last is None else [last.placed_at.isoformat(), last.id])


def _list_key(found: list[Any]) -> tuple[datetime, str]:
    try:
        placed_at = datetime.fromisoformat(found[0])
    except (TypeError, ValueError):
        raise odd_after() from None
    if placed_at.tzinfo is None:
        raise odd_after()
    return placed_at, order_id(found[1])
