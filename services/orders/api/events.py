"""Live messages to open pages: changed orders as server-sent events, which say that something changed and not what.

An event has no personal data: a page that shows the order reads it again, with its own rights. `feed` finds the
changes; its promise (none is left out, one may be told twice) holds over interruptions by `Last-Event-ID`, which
browsers send by themselves.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.orders.api.feed import Event
from services.orders.api.tools import READ, Orders, Reader, Tools
from shared.problems import Invalid, Problem
from shared.security import Caller

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

AGAIN_MILLISECONDS = 2000
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""For proxies: nothing is to be kept, and nothing to be held back."""
HEARTBEAT = b":\n\n"


class EventStream(StreamingResponse):
    """Server-sent events; however the connection ends, what they come from is ended with it."""

    media_type = "text/event-stream"

    def __init__(self, source: AsyncGenerator[bytes]) -> None:
        super().__init__(source, headers=HEADERS)
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._source):
            await super().__call__(scope, receive, send)


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def read_events(
    request: Request,
    caller: Reader,
    tools: Orders,
    last_event_id: Annotated[str | None, Header(max_length=200, description="of the last event that came")] = None,
) -> EventStream:
    """Server-sent events `order.changed` for the orders of the shop: `{code, revision, status, kind}`.

    `kind` is created, changed or deleted. A comment comes every 15 seconds. After an interruption the same event
    may come twice.
    """
    since = None if last_event_id is None else _time_in(last_event_id)
    return EventStream(_written(request, tools, caller, since))


async def _written(request: Request, tools: Tools, caller: Caller, since: datetime | None) -> AsyncGenerator[bytes]:
    """The stream; it ends with the process, or when the key does."""
    loop = asyncio.get_running_loop()
    seconds = tools.feed.heartbeat_seconds
    check_at = loop.time() + seconds
    begun = since or tools.outbox.clock()
    async with tools.feed.listening(caller.shop, since) as events:
        # An id without data is remembered by the client, and nothing else happens: what it comes back with.
        yield f"retry: {AGAIN_MILLISECONDS}\nid: {begun.isoformat()}\n\n".encode()
        async for event in events:
            if loop.time() >= check_at:
                check_at = loop.time() + seconds
                if not await _may_still_read(request, tools, caller):
                    return
            yield HEARTBEAT if event is None else _event(event)


async def _may_still_read(request: Request, tools: Tools, caller: Caller) -> bool:
    try:
        await tools.keyring.caller(request.headers.get("authorization"), caller.shop, READ)
    except Problem:
        return False
    return True


def _event(event: Event) -> bytes:
    found = event.changed
    data = {"code": found.code, "revision": found.revision, "status": found.status, "kind": event.kind}
    id_ = f"{found.updated_at.isoformat()}/{found.code}/{found.revision}"
    return b"id: %b\nevent: order.changed\ndata: %b\n\n" % (id_.encode(), orjson.dumps(data))


def _time_in(id_: str) -> datetime:
    """When the event of this id happened."""
    try:
        moment = datetime.fromisoformat(id_.partition("/")[0])
        if moment.tzinfo is not None and 1970 <= moment.year < 2200:
            return moment
    except ValueError:
        pass
    raise Invalid("'Last-Event-ID' is not the id of an event.", field="Last-Event-ID")
