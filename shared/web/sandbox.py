"""What a sandbox saw, and the fault it was told to show: the same for all of them, told by `GET …/calls`.

A ledger knows nothing of our types: a call is what came over the wire and what was answered.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, Field

from shared.database import Clock
from shared.security import open_to_all
from shared.web import Page, after_key, page_of
from shared.web.paging import Limit

KEPT = 5000
HOLD_SECONDS = 60.0
"""How long an answer is withheld by `timeout_after_accept`; longer than any client waits."""


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


class Fault(BaseModel):
    """Shown to the next `count` calls that would change something."""

    kind: Annotated[Kind, BeforeValidator(str)] = Kind.NONE
    count: int = Field(default=1, ge=0, le=1_000_000)


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
            self.fault = Fault(kind=kind, count=left) if left > 0 else Fault()
        return kind

    def newest(self, count: int) -> list[Seen]:
        """The newest calls, newest first."""
        return [self._calls[-1 - place] for place in range(min(count, len(self._calls)))]

    def page(self, limit: int, after: str | None, order: str | None) -> Page:
        """A page of calls, oldest first."""
        start = (after_key(after, 1) or [0])[0]
        wanted = [call for call in self._calls if order is None or call.order == order]
        rest = [call for call in wanted if call.number > start][: limit + 1]
        key = [rest[limit - 1].number] if len(rest) > limit else None
        return page_of([call.document() for call in rest], limit, len(wanted), key)

    def clear(self) -> None:
        """Forget the calls; what they did stays done."""
        self._calls.clear()


async def hold() -> None:
    """Withhold the answer until the client has given up."""
    await asyncio.sleep(HOLD_SECONDS)


def control_router(ledger: Ledger) -> APIRouter:
    """`calls` and `fault` of one sandbox."""
    router = APIRouter(prefix=f"/sandbox/{ledger.name}", tags=["sandbox"], dependencies=[Depends(open_to_all)])

    @router.get("/calls")
    async def list_calls(limit: Limit = 200, after: str | None = None, order: str | None = None) -> Page:
        """What this sandbox was asked to do, and what it answered."""
        return ledger.page(limit, after, order)

    @router.delete("/calls", status_code=204)
    async def clear_calls() -> Response:
        """Forget the calls."""
        ledger.clear()
        return Response(status_code=204)

    @router.get("/fault")
    async def show_fault() -> Fault:
        """The fault that the next calls will meet."""
        return ledger.fault

    @router.put("/fault")
    async def set_fault(fault: Fault) -> Fault:
        """Have the next calls meet a fault."""
        ledger.fault = fault if fault.count else Fault()
        return ledger.fault

    return router
