"""What the routes are made of: the database and the outbox, who asks, and the headers that conditions stand in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.feed import Feed
from services.orders.commands.entries import Actor
from services.orders.domain.code import CODE_REGEX
from services.orders.queries.documents import order_document
from services.orders.queries.hearings import find_reservations
from services.orders.queries.records import OrderRecord, find_order
from services.orders.settings import Settings
from shared.broker import Hints
from shared.database import Database
from shared.outbox import Outbox
from shared.problems import Invalid, Problem
from shared.security import Caller, Keyring, allow
from shared.web import json_response

READ = "orders:read"
MANAGE = "orders:manage"


@dataclass(frozen=True, slots=True)
class Tools:
    """What routes work with; `links_wanted` wakes the job that makes links to the client space."""

    db: Database
    outbox: Outbox
    hints: Hints
    keyring: Keyring
    feed: Feed
    settings: Settings
    links_wanted: Callable[[], object]


async def _tools(request: Request) -> Tools:
    """The tools of the service that is asked; a function that is not `async` would be called in a thread."""
    tools: Tools = request.app.state.tools
    return tools


Orders = Annotated[Tools, Depends(_tools)]
Reader = Annotated[Caller, Depends(allow(READ))]
Writer = Annotated[Caller, Depends(allow("orders:write"))]
Administrator = Annotated[Caller, Depends(allow("admin"))]
Code = Annotated[str, Path(max_length=40, description=f"the order's code, however typed; written it is {CODE_REGEX}")]


async def commanding(request: Request, caller: Caller, keyring: Keyring) -> Actor:
    """The caller as the actor of a command; a manager holds the scope `orders:manage` too."""
    try:
        await keyring.caller(request.headers.get("authorization"), caller.shop, MANAGE)
    except Problem:
        return Actor(caller.actor)
    return Actor(caller.actor, manager=True)


def expected_version(request: Request) -> int | None:
    """The version that `If-Match` asks for; None for none, or for any (`*`)."""
    value = request.headers.get("if-match")
    if value is None or value.strip() == "*":
        return None
    number = value.strip().removeprefix("W/").strip('"')
    if not number.isdigit():
        raise Invalid('If-Match holds the version of an ETag, like "3".', field="If-Match")
    return int(number)


async def documents_of(conn: AsyncConnection, records: list[OrderRecord]) -> list[dict[str, Any]]:
    """The documents of these orders, each with what its lines have got."""
    reserved = await find_reservations(conn, [record.id for record in records])
    return [order_document(record, reserved.get(record.id)) for record in records]


async def read_document(tools: Tools, shop: str, code: str) -> dict[str, Any]:
    """One order as it now is. Raises `OrderNotFound`."""
    async with tools.db.read() as conn:
        return (await documents_of(conn, [await find_order(conn, shop, code)]))[0]


def order_response(document: dict[str, Any], status: int = 200, **headers: str) -> Response:
    """An order with its version as `ETag`."""
    return json_response(document, status, {"ETag": f'"{document["version"]}"', **headers})


def order_id(value: object) -> str:
    """An order's id that came back in `after`; raises 422 for anything else."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise odd_after() from None


def moment_in(text: str) -> datetime:
    """A moment that came back in `after`; raises 422 for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise odd_after() from None
    if moment.tzinfo is None:
        raise odd_after()
    return moment


def odd_after() -> Invalid:
    """The problem of an `after` that no list returned."""
    return Invalid("'after' is not a value this list returned as 'next'.", field="after")
