"""Routes on a shop's customer groups: who sees which prices."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from services.orders.api.answers.customers import GroupAnswer, Groups
from services.orders.api.tools import Orders, Reader, Writer
from services.orders.commands.groups import create_group, delete_group, update_group
from services.orders.commands.inputs import GroupInput
from services.orders.commands.inputs.groups import GroupName
from services.orders.commands.shop_log import Subject, logged
from services.orders.queries.groups import count_members, find_group, group_document, list_groups
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/customer-groups", tags=["customers"])

NameInPath = Annotated[GroupName, Path()]


@router.get("", response_model=Groups)
async def read_groups(caller: Reader, tools: Orders) -> Response:
    """All of the shop in its order, each with how many customers are in it."""
    async with tools.db.read() as conn:
        found = await list_groups(conn, caller.shop)
        members = await count_members(conn, caller.shop, [group.name for group in found])
    items = [group_document(group, members.get(group.name, 0)) for group in found]
    return json_response({"items": items, "next": None, "total": len(items)})


@router.get("/{name}", response_model=GroupAnswer)
async def read_group(caller: Reader, tools: Orders, name: NameInPath) -> Response:
    """One of them."""
    async with tools.db.read() as conn:
        found = await find_group(conn, caller.shop, name)
        members = await count_members(conn, caller.shop, [name])
    return json_response(group_document(found, members.get(name, 0)))


@router.post("", status_code=201, response_model=GroupAnswer)
async def add_group(request: Request, caller: Writer, tools: Orders, body: GroupInput) -> Response:
    """A new one; customers are put into it one by one."""

    async def command(tx: Transaction) -> Response:
        async with logged(tx, caller.shop, caller.actor, Subject.GROUPS):
            made = await create_group(tx, caller.shop, body)
        return json_response(group_document(made, 0), 201)

    return await once(request, tools.outbox, caller, command)


@router.put("/{name}", response_model=GroupAnswer)
async def put_group(caller: Writer, tools: Orders, name: NameInPath, body: GroupInput) -> Response:
    """As it shall be; orders that are there keep their prices."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.GROUPS):
        found = await update_group(tx, caller.shop, name, body)
        members = await count_members(tx.conn, caller.shop, [name])
    return json_response(group_document(found, members.get(name, 0)))


@router.delete("/{name}", status_code=204)
async def remove_group(caller: Writer, tools: Orders, name: NameInPath) -> Response:
    """Delete one that nobody is in; 409 `group-in-use` otherwise."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.GROUPS):
        await delete_group(tx, caller.shop, name)
    return Response(status_code=204)
