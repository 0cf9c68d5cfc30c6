"""What a sandbox saw, and the fault it was told to show: the same for all of them, told by `GET …/calls`.

A ledger knows nothing of our types: a call is what came over the wire and what was answered.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, Field
from starlette.types import Receive, Scope, Send

from shared.database import Clock
from shared.security import open_to_all
from shared.web import Page, after_key, page_of
from shared.web.answers import AnswerModel, Listed
from shared.web.paging import Limit

KEPT = 5000
HOLD_SECONDS = 60.0
"""How long an answer is withheld by `timeout_after_accept`; longer than any client waits."""
BROKEN = b"x-sandbox-broken"


class Kind(StrEnum):
    """The faults a sandbox can show."""

    NONE = "none"
    BUSY = "429"
    BUSY_FOR = "429_retry_after"
    """The same, with `Retry-After: 2`."""
    FAILING = "500"
    SILENT = "timeout_after_accept"
    EXPIRED = "expired_token"
    """The marketplaces refuse the token of the call, whatever it asks."""
    INVALID = "200_invalid"
    """The marketplaces answer 200 and say in the body that they will not."""
    GARBAGE = "garbage"
    """A page of HTML where JSON should be, after the call took effect."""
    SLOW = "slow"
    """The right answer, `seconds` late."""
    RESET = "reset_after_accept"
    """The connection breaks in the middle of the answer, after the call took effect."""


class Fault(BaseModel):
    """Shown to the next `count` calls that would change something."""

    kind: Annotated[Kind, BeforeValidator(str)] = Kind.NONE
    count: int = Field(default=1, ge=0, le=1_000_000)
    seconds: float = Field(default=2.0, ge=0, le=60, description="how late `slow` answers")


class SandboxCall(AnswerModel):
    """A call as it came over the wire, and what was answered; the protocol is the vendor's."""

    at: datetime
    order: str | None
    request: dict[str, Any]
    response: dict[str, Any] = Field(description="`answered` is false where it was taken and the answer withheld")


@dataclass(frozen=True, slots=True)
class Seen:
    """One call. `answered` is False where it was taken and the answer withheld."""

    number: int
    at: datetime
    order: str | None
    request: dict[str, Any]
    response: dict[str, Any]
    answered: bool = True

    def document(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "order": self.order,
            "request": self.request,
            "response": self.response | {"answered": self.answered},
        }


class Ledger:
    """The calls of one sandbox, newest last; the oldest are forgotten."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.fault = Fault()
        self._clock = clock
        self._calls: deque[Seen] = deque(maxlen=KEPT)
        self._number = 0
        self._late = 0.0

    def __len__(self) -> int:
        return len(self._calls)

    def write(
        self, order: str | None, request: dict[str, Any], response: dict[str, Any], *, answered: bool = True
    ) -> None:
        """Note a call and its answer."""
        self._number += 1
        self._calls.append(Seen(self._number, self._clock(), order, request, response, answered))

    def take_fault(self) -> Kind:
        """The fault for the call at hand; each counts once."""
        kind = self.fault.kind
        if kind is not Kind.NONE:
            left = self.fault.count - 1
            self._late = self.fault.seconds
            self.fault = self.fault.model_copy(update={"count": left}) if left > 0 else Fault()
        return kind

    async def linger(self, kind: Kind) -> None:
        """Wait as long as the fault that was just taken keeps the caller waiting."""
        if kind is Kind.SLOW:
            await asyncio.sleep(self._late)
        elif kind is Kind.SILENT:
            await asyncio.sleep(HOLD_SECONDS)

    def newest(self, count: int) -> list[Seen]:
        """The newest calls, newest first."""
        return [self._calls[-1 - place] for place in range(min(count, len(self._calls)))]

    def page(self, limit: int, after: str | None, order: str | None) -> Page:
        """A page of calls, oldest first."""
        start = (after_key(after, 1, kinds=[int]) or [0])[0]
        wanted = [call for call in self._calls if order is None or call.order == order]
        rest = [call for call in wanted if call.number > start][: limit + 1]
        key = [rest[limit - 1].number] if len(rest) > limit else None
        return page_of([call.document() for call in rest], limit, len(wanted), key)

    def clear(self) -> None:
        """Forget the calls; what they did stays done."""
        self._calls.clear()


class BrokenAnswer(Response):
    """Headers and the beginning of a body that never ends: the server then breaks the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100"), (BROKEN, b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionResetError("the sandbox was told to break the connection")


class InMemory(httpx.AsyncBaseTransport):
    """How a client reaches sandboxes without a socket; an answer that breaks off is what it would be on one."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if BROKEN.decode() in response.headers:
            raise httpx.ReadError("the connection broke", request=request)
        return response


async def _ledger(request: Request) -> Ledger:
    """That of the sandbox which the path names."""
    found: Ledger = request.app.state.ledgers[request.url.path.split("/")[2]]
    return found


Asked = Annotated[Ledger, Depends(_ledger)]


@cache
def control_router(name: str) -> APIRouter:
    """`calls` and `fault` of one sandbox, whose ledger stands under its name in `app.state.ledgers`."""
    router = APIRouter(prefix=f"/sandbox/{name}", tags=["sandbox"], dependencies=[Depends(open_to_all)])
    router.get("/calls", responses={200: {"model": Listed[SandboxCall]}})(list_calls)
    router.delete("/calls", status_code=204)(clear_calls)
    router.get("/fault")(show_fault)
    router.put("/fault")(set_fault)
    return router


async def list_calls(ledger: Asked, limit: Limit = 200, after: str | None = None, order: str | None = None) -> Page:
    """What this sandbox was asked to do, and what it answered."""
    return ledger.page(limit, after, order)


async def clear_calls(ledger: Asked) -> Response:
    """Forget the calls."""
    ledger.clear()
    return Response(status_code=204)


async def show_fault(ledger: Asked) -> Fault:
    """The fault that the next calls will meet."""
    return ledger.fault


async def set_fault(ledger: Asked, fault: Fault) -> Fault:
    """Have the next calls meet a fault."""
    ledger.fault = fault if fault.count else Fault()
    return ledger.fault
