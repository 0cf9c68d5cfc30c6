"""The history its client sees: the link's own route, open to whoever has it, and what a seller does about the link."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.histories import History, HistoryLink
from services.orders.api.tools import Code, Orders, Reader, Writer, commanding
from services.orders.commands.histories import renew_link, revoke_link, show_order
from services.orders.commands.inputs import ShowOrder
from services.orders.domain.publication import is_shown, opens
from services.orders.queries.catalogue import shop_rules
from services.orders.queries.history import find_history, link_to
from services.orders.queries.records import OrderRecord, find_order
from shared.security import find_shop, open_to_all
from shared.web import json_response

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])
public = APIRouter(tags=["history"], dependencies=[Depends(open_to_all)])
"""Whoever has the link needs no key."""

Token = Annotated[str, Path(max_length=200, description="as it stands in the mail")]
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
"""A link is a key: no cache, no other site and no search engine shall keep it."""


@public.get("/h/{token}", response_model=History)
async def read_history(tools: Orders, token: Token) -> Response:
    """The published history of one order, in its language."""
    async with tools.db.read() as conn:
        found = await find_history(conn, token)
    return json_response(found, headers={**PRIVATE, "Content-Language": found["language"]})


@router.get("/{code}/history-link", response_model=HistoryLink)
async def read_link(caller: Reader, tools: Orders, code: Code) -> Response:
    """The link to the order's history, and whether it shows anything now."""
    async with tools.db.read() as conn:
        return await _link(conn, await find_order(conn, caller.shop, code))


@router.post("/{code}/history-link", response_model=HistoryLink)
async def new_link(request: Request, caller: Writer, tools: Orders, code: Code) -> Response:
    """Another link; the one before opens nothing any more."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.outbox.transaction() as tx:
        return await _link(tx.conn, await renew_link(tx, caller.shop, code, actor))


@router.delete("/{code}/history-link", status_code=204)
async def remove_link(request: Request, caller: Writer, tools: Orders, code: Code) -> Response:
    """The link opens nothing any more."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.outbox.transaction() as tx:
        await revoke_link(tx, caller.shop, code, actor)
    return Response(status_code=204)


@router.put("/{code}/publication", response_model=HistoryLink)
async def put_publication(request: Request, caller: Writer, tools: Orders, code: Code, body: ShowOrder) -> Response:
    """Force the order to be shown to its client, or hidden; `automatic` leaves it to the payment."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.outbox.transaction() as tx:
        return await _link(tx.conn, await show_order(tx, caller.shop, code, body.shown, actor))


async def _link(conn: AsyncConnection, record: OrderRecord) -> Response:
    shop = await find_shop(conn, record.shop)
    rules = await shop_rules(conn, record.shop)
    return json_response(
        {
            "url": link_to(shop, record.history_token),
            "publication": record.shown,
            "shown": opens(record.shown, rules.publish_histories),
            "listed": is_shown(record.shown, record.payment),
        }
    )
