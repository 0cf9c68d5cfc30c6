"""The filtered list of orders as a file: CSV or XLSX, to its end, written while it is being read.

Pages are walked by their keys, each in a look of its own: memory stays flat however long the list, no connection is
held while a slow client drinks, and orders that arrive meanwhile neither come twice nor push others out. Neighbours:
`listing` (the filters), `files.columns` (what a row holds), `files.writing` (how it is written).
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.orders.api.listing import FilterQuery, chosen_filters
from services.orders.api.tools import Orders, Reader, Tools
from services.orders.files.columns import Language, cells_of, columns_of
from services.orders.files.writing import MEDIA_TYPES, MOST_ROWS, Format, writer_of
from services.orders.queries.lists import Sort, count_rows, next_orders
from services.orders.queries.records import OrderRecord
from services.orders.queries.search_filters import Filters
from shared.problems import Invalid

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

PAGE = 200
"""Orders in memory at once."""


class ExportQuery(FilterQuery):
    """Every filter of the list, and how the file is to be."""

    format: Format = "csv"
    rows: Annotated[Literal["lines", "orders"], Field(description="a row a line of an order, or one an order")] = (
        "lines"
    )
    lang: Annotated[Language, Field(description="of the headers")] = "en"
    sort: Literal["placed_at", "-placed_at", "code", "-code"] = "-placed_at"


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}},
)
async def export_orders(caller: Reader, tools: Orders, query: Annotated[ExportQuery, Query()]) -> StreamingResponse:
    """All orders of the filtered list as a file; an import of the format `comptoir` reads its lines back."""
    async with tools.db.read() as conn:
        filters = await chosen_filters(conn, caller.shop, query)
        if query.format == "xlsx":
            lines_too = query.rows == "lines"
            count = await count_rows(conn, caller.shop, filters, lines_too=lines_too, limit=MOST_ROWS)
            if count >= MOST_ROWS:  # the header is a row, too
                raise Invalid(f"A sheet holds {MOST_ROWS} rows: ask for csv, or for fewer orders.", field="format")
    headers = {"Content-Disposition": f'attachment; filename="orders.{query.format}"'}
    pages = _pages(tools, caller.shop, filters, query.sort)
    return StreamingResponse(_pieces(pages, query), headers=headers, media_type=MEDIA_TYPES[query.format])


async def _pages(tools: Tools, shop: str, filters: Filters, order: str) -> AsyncIterator[Sequence[OrderRecord]]:
    sort = Sort(order.removeprefix("-"), descending=order.startswith("-"))
    after = None
    while True:
        async with tools.db.read() as conn:
            records = await next_orders(conn, shop, filters, sort, PAGE, after)
        if records:
            yield records
        if len(records) < PAGE:
            return
        after = (sort.value_of(records[-1]), records[-1].id)


async def _pieces(pages: AsyncIterator[Sequence[OrderRecord]], query: ExportQuery) -> AsyncIterator[bytes]:
    """The file, a page at a time."""
    writer = writer_of(query.format)
    yield writer.rows([[column.title(query.lang) for column in columns_of(query.rows)]])
    async for records in pages:
        yield writer.rows([cells for record in records for cells in cells_of(record, query.rows)])
    yield writer.end()
