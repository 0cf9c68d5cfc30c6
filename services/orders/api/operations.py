"""Routes for operators: what is not settled and why (`comptoir doctor`), and saying everything again (`resync`).

Outbox and parked messages are the same for every service and stand in `shared.web.operations`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.sales import Resyncing, Resyncs, UnsettledOrders
from services.orders.api.tools import Orders, order_id
from services.orders.commands.resyncing import request_resync
from services.orders.queries.documents import moment
from services.orders.queries.hearings import find_hearings, reasons_unsettled
from services.orders.tables import orders, resyncs
from shared.outbox import Transaction
from shared.security import Caller, allow
from shared.web import Page, after_key, json_response, once
from shared.web.paging import Limit, page_of

router = APIRouter(prefix="/api/v1/operations", tags=["operations"])

Operator = Annotated[Caller, Depends(allow("operations"))]


class Resync(BaseModel):
    """Which service is to hear everything again."""

    model_config = ConfigDict(extra="forbid")

    service: str


@router.get("/unsettled", responses={200: {"model": UnsettledOrders}})
async def read_unsettled(caller: Operator, tools: Orders, limit: Limit = 50, after: str | None = None) -> Page:
    """Orders that some service has not dealt with, the oldest first, each with its reasons."""
    async with tools.db.read() as conn:
        return await _unsettled(conn, caller.shop, limit, after_key(after, 1))


@router.post("/resync", status_code=202, response_model=Resyncing)
async def add_resync(request: Request, caller: Operator, tools: Orders, body: Resync) -> Response:
    """Say the shop and all its orders again to a service, at a capped rate."""

    async def command(tx: Transaction) -> Response:
        await request_resync(tx, caller.shop, body.service)
        return json_response({"service": body.service}, 202)

    return await once(request, tools.outbox, caller, command)


@router.get("/resync", response_model=Resyncs)
async def read_resyncs(caller: Operator, tools: Orders) -> Response:
    """How far each resync is."""
    async with tools.db.read() as conn:
        rows = (await conn.execute(select(resyncs).where(resyncs.c.shop == caller.shop))).mappings().all()
    items = [_plain(dict(row)) for row in rows]
    return json_response({"items": items, "next": None, "total": len(items)})


async def _unsettled(conn: AsyncConnection, shop: str, limit: int, key: list[Any] | None) -> Page:
    mine = (orders.c.shop == shop) & ~orders.c.settled
    statement = select(orders.c.id, orders.c.code, orders.c.version, orders.c.sent_at).where(mine)
    if key is not None:
        statement = statement.where(orders.c.id > order_id(key[0]))
    rows = (await conn.execute(statement.order_by(orders.c.id).limit(limit + 1))).all()
    total = (await conn.execute(select(func.count()).select_from(orders).where(mine))).scalar_one()
    known = await find_hearings(conn, [row.id for row in rows])
    items = [
        {
            "id": row.id,
            "code": row.code,
            "version": row.version,
            "since": moment(row.sent_at),
            "reasons": {name: why for name, why in reasons_unsettled(row.version, known[row.id]).items() if why},
        }
        for row in rows
    ]
    return page_of(items, limit, total, [items[limit - 1]["id"]] if len(items) > limit else None)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    del row["cursor"]
    return {name: moment(value) if hasattr(value, "astimezone") else value for name, value in row.items()}
