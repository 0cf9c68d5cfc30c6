"""Routes that read one order: as it is, its timeline, where it can go from here. `listing` has the list."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.tools import (
    Code,
    Reader,
    Tools,
    commanding,
    order_response,
    read_document,
)
from services.orders.commands.entries import Actor
from services.orders.commands.moving import question_document
from services.orders.domain.transitions import Verdict, questions, reachable
from services.orders.queries.catalogue import list_statuses, shop_rules
from services.orders.queries.records import find_order
from services.orders.queries.timeline import order_timeline
from shared.web import json_response

NAMES = {Verdict.FREE: "allowed", Verdict.CONFIRM: "confirm", Verdict.REFUSED: "refused"}


def add_reads(router: APIRouter, tools: Tools) -> None:
    """`GET` below `/api/v1/orders`."""

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

    @router.get("/{code}/transitions")
    async def read_transitions(request: Request, caller: Reader, code: Code) -> Response:
        """The statuses that can be reached from here: at once, with a decision, or not."""
        actor = await commanding(request, caller, tools.keyring)
        async with tools.db.read() as conn:
            return json_response(await _transitions(conn, caller.shop, code, actor))


async def _transitions(conn: AsyncConnection, shop: str, code: str, actor: Actor) -> dict[str, list[dict[str, Any]]]:
    record = await find_order(conn, shop, code)
    rules = await shop_rules(conn, shop)
    ways = reachable(record.type, rules.profile, manager=actor.manager)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES.values()}
    for status in await list_statuses(conn, shop):
        if not status.active:
            continue
        name = status.texts_in(record.language).get("name", status.mnemonic)
        document: dict[str, Any] = {"mnemonic": status.mnemonic, "type": status.type, "name": name}
        if ways[status.type] is Verdict.CONFIRM:
            asked = questions(record.type, status.type)
            document["questions"] = [question_document(question) for question in asked]
        found[NAMES[ways[status.type]]].append(document)
    return found
