"""Routes that create orders: one, perhaps waiting for inventory's answer, or many for an import."""

from collections.abc import Awaitable, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.orders import BatchAnswer, PlacedOrder
from services.orders.api.tools import Orders, Tools, Writer, commanding, documents_of, order_response, read_document
from services.orders.api.waiting import inventory_heard, wait_seconds
from services.orders.commands.entries import Actor
from services.orders.commands.foreseeing import foresee
from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import (
    ExternalIdTaken,
    Placed,
    Refusals,
    checked_order,
    place,
    place_many,
    preview,
    refusals_of,
)
from services.orders.queries.confirmation import confirmation
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid, Problem
from shared.security import Caller, find_shop
from shared.web import json_response, once
from shared.web.idempotency import HEADER, remember, scope_of

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

BATCH = 200
APPLIED = "preference-applied"


class Batch(BaseModel):
    """Up to 200 orders, each checked by itself; `dry_run` tells what would become of them, and creates none."""

    model_config = ConfigDict(extra="forbid")

    orders: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=BATCH)]
    dry_run: bool = False


class Collision(Problem):
    """Two requests created the same order at the same moment; sent again, it is found."""

    slug = "external-id-taken"
    title = "The order is being created by another request"


@router.post("", status_code=201, response_model=PlacedOrder)
async def place_order(request: Request, caller: Writer, tools: Orders, body: PlaceOrder) -> Response:
    """Create an order; with `Prefer: wait=N` answer once inventory has."""
    actor = await commanding(request, caller, tools.keyring)
    id_ = new_id()

    async def command(tx: Transaction) -> Response:
        record = await place(tx, caller.shop, body, actor, id_=id_)
        return await _created(tx.conn, (await documents_of(tx.conn, [record]))[0])

    async with tools.hints.waiting(id_) as changed:
        response = await _placing(once(request, tools.outbox, caller, command))
        seconds = wait_seconds(request.headers.get("prefer"))
        if seconds is None or APPLIED in response.headers:
            return response
        made = orjson.loads(response.body)
        heard = await inventory_heard(tools.db, made["id"], made["version"], seconds, changed)
    document = await read_document(tools, caller.shop, made["code"])
    async with tools.db.read() as conn:
        if not heard:
            return await _created(conn, document)
        awaited = await _created(conn, document, **{APPLIED: "wait"})
    await _remember(request, tools, caller, awaited)
    return awaited


@router.post("/batch", response_model=BatchAnswer)
async def place_orders(request: Request, caller: Writer, tools: Orders, body: Batch) -> Response:
    """Create up to 200 orders in one transaction; known external ids are found, invalid ones told."""
    actor = await commanding(request, caller, tools.keyring)
    checked = [checked_order(document) for document in body.orders]
    valid = [order for order in checked if isinstance(order, PlaceOrder)]
    if body.dry_run:
        async with tools.db.read() as conn:
            foreseen = iter(await foresee(conn, caller.shop, valid, tools.outbox.clock()))
        results = [next(foreseen) if isinstance(order, PlaceOrder) else order for order in checked]
        return json_response({"items": [_result(result) for result in results]})

    async def command(tx: Transaction) -> Response:
        return await _place_all(tx, caller.shop, checked, actor)

    async def sorting_out(tx: Transaction) -> Response:
        acceptable = [await _unless_refused(tx, caller.shop, order, actor) for order in checked]
        return await _place_all(tx, caller.shop, acceptable, actor)

    try:
        return await _placing(once(request, tools.outbox, caller, command))
    except Invalid:  # the shop has not what one of them names: find out which, and place the others
        return await _placing(once(request, tools.outbox, caller, sorting_out))


async def _place_all(tx: Transaction, shop: str, checked: Sequence[PlaceOrder | Refusals], actor: Actor) -> Response:
    valid = [order for order in checked if isinstance(order, PlaceOrder)]
    placed = iter(await place_many(tx, shop, valid, actor) if valid else [])
    results = [next(placed) if isinstance(order, PlaceOrder) else order for order in checked]
    return json_response({"items": [_result(result) for result in results]})


async def _unless_refused(
    tx: Transaction, shop: str, order: PlaceOrder | Refusals, actor: Actor
) -> PlaceOrder | Refusals:
    """The order, or why it cannot be placed; one that is here already is found later."""
    if isinstance(order, PlaceOrder):
        try:
            await preview(tx, shop, order, actor)
        except ExternalIdTaken:
            return order
        except Invalid as refused:
            return refusals_of(refused)
    return order


def _result(result: Placed | Refusals) -> dict[str, Any]:
    """What became of an order; one that would be created has no code yet."""
    if isinstance(result, Placed):
        return {"status": 200 if result.is_known else 201, "code": result.code}
    return {"status": 422, "code": None, "errors": result}


async def _placing(work: Awaitable[Response]) -> Response:
    """A race on an external id is a conflict that the caller may repeat, not an error of ours."""
    try:
        return await work
    except IntegrityError:
        raise Collision("Another request is creating this order: send it again to find it.") from None


async def _remember(request: Request, tools: Tools, caller: Caller, awaited: Response) -> None:
    """Have a repeated request get the awaited answer too."""
    key = request.headers.get(HEADER)
    if key is not None:
        async with tools.outbox.transaction() as tx:
            await remember(tx, scope_of(request, caller, key), awaited)


async def _created(conn: AsyncConnection, document: dict[str, Any], **headers: str) -> Response:
    """The order, and under `confirmation` what its client is to be told."""
    told = {"confirmation": confirmation(document, await find_shop(conn, document["shop"]))}
    return order_response(document | told, 201, Location=f"/api/v1/orders/{document['code']}", **headers)
