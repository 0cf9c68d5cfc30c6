"""Routes on a shop's webhook endpoints, below `/api/v1/notifications/webhooks`.

A secret is in the answer that makes it and nowhere else, so these two answers are not kept for an `Idempotency-Key`: a
second POST makes a second endpoint, or one more new secret. Neighbours: `bodies`, what is answered; `commands`.
"""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from services.notifications.api.bodies import (
    Call,
    Counted,
    Endpoint,
    EndpointWithSecret,
    Tested,
    call_document,
    endpoint_document,
)
from services.notifications.api.receivers import Id, Reader, Tools, Writer
from services.notifications.channels.webhooks import deliver, encode
from services.notifications.commands.inputs import EndpointInput, ReplayInput, RotationInput
from services.notifications.commands.webhooks import change, checked, create, enable, remove, replay, rotate
from services.notifications.domain.told import Body, Data, Event
from services.notifications.queries.receivers import calls_of, find_endpoint, list_endpoints, opened
from shared.contracts import Outcome
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.answers import Listed
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/notifications/webhooks", tags=["webhooks"])
_moment: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@router.get("", responses={200: {"model": Listed[Endpoint]}})
async def read_endpoints(tools: Tools, caller: Reader) -> Page:
    """All of the shop, without their secrets."""
    async with tools.outbox.db.read() as conn:
        items = [endpoint_document(row) for row in await list_endpoints(conn, caller.shop)]
    return page_of(items, len(items) or 1, len(items), None)


@router.post("", status_code=201, response_model=EndpointWithSecret)
async def add_endpoint(tools: Tools, caller: Writer, body: EndpointInput) -> Response:
    """A new one; `secret` is told this once. It hears of what happens from now on."""
    checked(body.url, loopback=tools.loopback)
    async with tools.outbox.transaction() as tx:
        made = await create(tx, caller.shop, body, tools.seals.get())
    return json_response(endpoint_document(made.row) | {"secret": made.secret}, 201)


@router.get("/{endpoint}", response_model=Endpoint)
async def read_endpoint(tools: Tools, caller: Reader, endpoint: Id) -> Response:
    """One of them."""
    async with tools.outbox.db.read() as conn:
        return json_response(endpoint_document(await find_endpoint(conn, caller.shop, endpoint)))


@router.put("/{endpoint}", response_model=Endpoint)
async def put_endpoint(tools: Tools, caller: Writer, endpoint: Id, body: EndpointInput) -> Response:
    """As it shall be; its secret stays."""
    checked(body.url, loopback=tools.loopback)
    async with tools.outbox.transaction() as tx:
        tx.after_commit(tools.wake)
        return json_response(endpoint_document(await change(tx, caller.shop, endpoint, body)))


@router.delete("/{endpoint}", status_code=204)
async def remove_endpoint(tools: Tools, caller: Writer, endpoint: Id) -> Response:
    """Forget it; what it was not told yet is told nobody."""
    async with tools.outbox.transaction() as tx:
        await remove(tx, caller.shop, endpoint)
        tx.after_commit(tools.wake)
    return Response(status_code=204)


@router.post("/{endpoint}/rotate", response_model=EndpointWithSecret)
async def rotate_secret(tools: Tools, caller: Writer, endpoint: Id, body: RotationInput) -> Response:
    """A new secret, told this once; the old one signs too, as long as asked for."""
    async with tools.outbox.transaction() as tx:
        made = await rotate(tx, caller.shop, endpoint, body.overlap_hours, tools.seals.get())
    return json_response(endpoint_document(made.row) | {"secret": made.secret})


@router.post("/{endpoint}/enable", response_model=Counted)
async def enable_endpoint(request: Request, tools: Tools, caller: Writer, endpoint: Id) -> Response:
    """Call it again after it was shut off; what was rejected is delivered, as it now is."""

    async def command(tx: Transaction) -> Response:
        _, count = await enable(tx, caller.shop, endpoint)
        tx.after_commit(tools.wake)
        return json_response({"count": count, "dry_run": False})

    return await once(request, tools.outbox, caller, command)


@router.post("/{endpoint}/replay", response_model=Counted)
async def replay_range(request: Request, tools: Tools, caller: Writer, endpoint: Id, body: ReplayInput) -> Response:
    """Send a range once more, as the orders now are; a dry run counts what it would be."""

    async def command(tx: Transaction) -> Response:
        count = await replay(tx, caller.shop, endpoint, body)
        tx.after_commit(tools.wake)
        return json_response({"count": count, "dry_run": body.dry_run})

    return await once(request, tools.outbox, caller, command)


@router.post("/{endpoint}/test", response_model=Tested)
async def send_test(tools: Tools, caller: Writer, endpoint: Id) -> Response:
    """Send a `webhook.test` now, even where the endpoint is off, and say what came of it."""
    now = tools.outbox.clock()
    async with tools.outbox.db.read() as conn:
        row = await find_endpoint(conn, caller.shop, endpoint)
    data = Data(id="test", code="TEST", shop=caller.shop, version=0, revision=0, events=(Event.TEST,))
    body = Body(type=Event.TEST, timestamp=now, data=data).model_dump(mode="json", exclude_none=True)
    began = time.perf_counter()
    target = opened(row, tools.seals, now)
    result = await deliver(tools.outward.post, target, f"msg_{new_id()}", encode(body), now)
    exchange = result.exchange
    return json_response(
        Tested(
            delivered=result.outcome == Outcome.DONE,
            status=exchange.status if exchange else None,
            seconds=round(time.perf_counter() - began, 3),
            answer=exchange.said if exchange else None,
            reason=result.reason,
        ).model_dump(mode="json")
    )


@router.get("/{endpoint}/calls", responses={200: {"model": Listed[Call]}})
async def read_calls(
    tools: Tools,
    caller: Reader,
    endpoint: Id,
    limit: Limit = 50,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> Page:
    """The log of its calls, newest first: what was sent when, how long it took, what was answered."""
    place = _place(after)
    async with tools.outbox.db.read() as conn:
        row = await find_endpoint(conn, caller.shop, endpoint)
        found, total = await calls_of(conn, row, limit, place)
    items: list[Call] = [call_document(one) for one in found]
    last = found[limit - 1] if len(found) > limit else None
    key = [last.started_at.isoformat(), last.obligation_id] if last else None
    return page_of([item.model_dump(mode="json") for item in items], limit, total, key)


def _place(after: str | None) -> tuple[datetime, str] | None:
    values = after_key(after, 2, kinds=(str, str))
    if values is None:
        return None
    try:
        return _moment.validate_python(values[0]), values[1]
    except ValidationError as error:
        raise Invalid("'after' is not a value this list returned as 'next'.", field="after") from error
