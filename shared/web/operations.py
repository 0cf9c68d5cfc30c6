"""What an operator asks of any service: its unsent messages, its parked messages, and to deal with them again.

The CLI (`comptoir outbox`, `comptoir dead …`) calls these for all four services.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field, ValidationError
from sqlalchemy import ColumnElement, func, select, tuple_

from shared.batch import lock_keys, parked, unpark
from shared.batch.parking import NO_SHOP
from shared.batch.tables import guards
from shared.contracts import BY_NAME
from shared.database import Database
from shared.outbox import Outbox
from shared.outbox.tables import outbox as outbox_table
from shared.problems import NotFound
from shared.security import Caller, allow
from shared.web.answers import AnswerModel, Listed
from shared.web.paging import Limit, Page, after_key, page_of
from shared.web.responses import json_response


class UnsentMessage(AnswerModel):
    """A message that the broker has not confirmed."""

    message: str = Field(description="its name")
    key: str
    shop: str
    detail: str = Field(description="the end of its routing key")
    version: int
    at: datetime = Field(description="since when it waits")


class ParkedMessage(AnswerModel):
    """A message that could not be dealt with, and why."""

    message: str = Field(description="its name")
    key: str
    shop: str = Field(description="empty: the bytes do not say")
    version: int = Field(description="0: mere bytes, which no contract reads")
    reason: str
    at: datetime


class ParkedBody(ParkedMessage):
    """The same with the message itself."""

    body: str


class Replayed(AnswerModel):
    """Whether a message is still parked, and why."""

    message: str
    key: str
    parked: bool
    reason: str | None


class Submits(Protocol):
    async def submit(self, body: bytes) -> None: ...


class Operated(Protocol):
    """What operations need of a service."""

    name: str
    db: Database
    outbox: Outbox

    @property
    def hears(self) -> Mapping[str, Submits]: ...


async def _service(request: Request) -> Operated:
    service: Operated = request.app.state.service
    return service


Service = Annotated[Operated, Depends(_service)]
Operator = Annotated[Caller, Depends(allow("operations"))]
Age = Annotated[int, Query(ge=0, le=366 * 24 * 3600, description="seconds for which they have waited at the least")]


@cache
def operations_router(service: str) -> APIRouter:
    """Routes below `/api/v1/<service>/operations` (orders: `/api/v1/operations`)."""
    base = "/api/v1/operations" if service == "orders" else f"/api/v1/{service}/operations"
    router = APIRouter(prefix=base, tags=["operations"])
    router.get("/outbox", responses={200: {"model": Listed[UnsentMessage]}})(list_outbox)
    router.get("/dead", responses={200: {"model": Listed[ParkedMessage]}})(list_dead)
    one = "/dead/{message}/{key:path}"
    router.get(one, response_model=ParkedBody)(show_dead)
    router.post(one, response_model=Replayed)(replay_dead)
    router.delete(one, status_code=204)(drop_dead)
    return router


async def list_outbox(
    service: Service, caller: Operator, older_than: Age = 0, limit: Limit = 50, after: str | None = None
) -> Page:
    """Messages of the caller's shop that the broker has not confirmed yet."""
    mine = _visible(outbox_table, caller)
    if older_than:
        mine &= outbox_table.c.created_at <= service.outbox.clock() - timedelta(seconds=older_than)
    return await _list(service.db, outbox_table, mine, limit, after, "created_at")


async def list_dead(service: Service, caller: Operator, limit: Limit = 50, after: str | None = None) -> Page:
    """Parked messages."""
    return await _list(service.db, parked, _visible(parked, caller), limit, after, "at")


async def show_dead(service: Service, caller: Operator, message: str, key: str) -> Response:
    """One parked message with its body."""
    return json_response(_plain(await _parked(service.db, caller, message, key)))


async def replay_dead(service: Service, caller: Operator, message: str, key: str) -> Response:
    """Deal with a parked message again; answers whether it is still parked."""
    row = await _parked(service.db, caller, message, key)
    await _replay(service, message, key, row)
    async with service.db.read() as conn:
        own = (parked.c.message == message) & (parked.c.key == key)
        still = (await conn.execute(select(parked.c.reason).where(own))).scalar_one_or_none()
    return json_response({"message": message, "key": key, "parked": still is not None, "reason": still})


async def drop_dead(service: Service, caller: Operator, message: str, key: str) -> Response:
    """Forget a parked message; a newer version still comes through."""
    await _parked(service.db, caller, message, key)
    await _drop(service, message, key)
    return Response(status_code=204)


async def _replay(service: Operated, message: str, key: str, row: Mapping[str, Any]) -> None:
    hearing, contract = service.hears.get(message), BY_NAME.get(message)
    if hearing is None or contract is None:
        raise NotFound(f"This service does not hear {message}.")
    body = row["body"].encode()
    if row["version"] > 0:
        await hearing.submit(body)
        return
    try:  # parked as mere bytes; a newer service may understand them
        contract.decode(body)
    except ValidationError:
        return
    await hearing.submit(body)
    await _drop(service, message, key)


async def _drop(service: Operated, message: str, key: str) -> None:
    async with service.outbox.transaction() as tx:
        await lock_keys(tx, message, [key])
        await unpark(tx, message, [key])
        await tx.execute(guards.update().where(guards.c.message == message, guards.c.key == key).values(parked=False))


def _visible(table: Any, caller: Caller) -> ColumnElement[bool]:
    """Rows of the caller's shop; bytes that do not say whose they are, only for an administrator."""
    shops = (caller.shop, NO_SHOP) if caller.is_admin else (caller.shop,)
    visible: ColumnElement[bool] = table.c.shop.in_(shops)
    return visible


async def _parked(db: Database, caller: Caller, message: str, key: str) -> dict[str, Any]:
    own = (parked.c.message == message) & (parked.c.key == key)
    async with db.read() as conn:
        row = (await conn.execute(select(parked).where(own, _visible(parked, caller)))).mappings().one_or_none()
    if row is None:
        raise NotFound("No such message is parked.")
    return dict(row)


async def _list(
    db: Database, table: Any, mine: ColumnElement[bool], limit: int, after: str | None, moment: str
) -> Page:
    statement = select(table).where(mine).order_by(table.c.message, table.c.key).limit(limit + 1)
    key = after_key(after, 2, kinds=(str, str))
    if key is not None:
        statement = statement.where(tuple_(table.c.message, table.c.key) > tuple_(*key))
    async with db.read() as conn:
        rows = [_plain(dict(row)) for row in (await conn.execute(statement)).mappings()]
        total = (await conn.execute(select(func.count()).select_from(table).where(mine))).scalar_one()
    for row in rows:
        row.pop("body")
        row["at"] = row.pop(moment)
    last = rows[limit - 1] if len(rows) > limit else None
    return page_of(rows, limit, total, [last["message"], last["key"]] if last else None)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
