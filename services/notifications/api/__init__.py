"""The JSON API of notifications, below `/api/v1/notifications`: deliveries, their attempts, a person's decisions.

Neighbour: `channels`, a shop's marketplaces.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from services.notifications.channels.seals import Seals
from services.notifications.commands.person import retry, settle
from services.notifications.domain.lifecycle import OPEN
from services.notifications.domain.sms_reports import SMS
from services.notifications.queries import Asked, Found, deliveries, journal
from services.notifications.queries.sms_reports import find_report
from services.notifications.queries.waiting import find_delivery, waiting
from shared.contracts import Outcome
from shared.database import Database
from shared.outbox import Outbox, Transaction
from shared.problems import Invalid, NotFound
from shared.security import Caller, allow
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.answers import Listed
from shared.web.paging import Limit


@dataclass(frozen=True, slots=True)
class Tools:
    """What the endpoints work with; `wake` starts the worker, `pull` the reading of marketplaces' orders."""

    db: Database
    outbox: Outbox
    wake: Callable[[], object]
    pull: Callable[[], object]
    seals: Seals


class Settlement(BaseModel):
    """What a person found out about a delivery."""

    outcome: Literal["done", "rejected"]
    reason: str = Field(min_length=1, max_length=500)


class Delivery(BaseModel):
    """One effect: a mail, an SMS, a marketplace call. `needs_person`: nothing more will happen by itself."""

    id: str
    order: str
    channel: str
    verb: str
    subject: str
    role: str
    outcome: str
    attempts: int
    asked_at: datetime
    at: datetime
    next_attempt_at: datetime | None
    needs_person: bool
    reference: str | None
    reason: str | None


class Attempt(BaseModel):
    """One call. Without an outcome it is in flight; `late`: its outcome came when another worker had taken over."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    late: bool
    reference: str | None
    reason: str | None


class Waiting(BaseModel):
    """What a delivery waits for: `call`, `person`, `sequence` (`after` leaves first), `quiet`, `breaker`, `quota`,
    `documents`, `schedule` or `worker`.
    """

    cause: str
    until: datetime | None
    detail: str | None
    after: str | None


class Report(BaseModel):
    """What the provider reported of an SMS that it took: `taken`, `sent`, `delivered`, `undelivered` or `failed`.

    `at` is when we were told so, `code` why it failed.
    """

    reached: str
    at: datetime
    code: str | None


class DeliveryWithJournal(Delivery):
    """A delivery, what it waits for, what the provider reported (of an SMS), every attempt at it, oldest first."""

    waiting: Waiting | None
    report: Report | None
    journal: list[Attempt]


router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])


async def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


Notifications = Annotated[Tools, Depends(_tools)]
Reader = Annotated[Caller, Depends(allow("notifications:read"))]
Writer = Annotated[Caller, Depends(allow("notifications:write"))]

Stands = Literal["due", "done", "retry", "unknown", "rejected", "obsolete"]
Way = Literal["mail", "sms", "push", "webhook", "amazon", "ebay"]
Told = Literal["client", "administrator", "operator", "receiver", "marketplace"]
"""A list by a misspelt word would say that nothing left."""

_moment: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@router.get("/deliveries", responses={200: {"model": Listed[Delivery]}})
async def list_deliveries(
    tools: Notifications,
    caller: Reader,
    order: Annotated[str | None, Query(description="an order's code")] = None,
    outcome: Annotated[Stands | None, Query(description="only deliveries that stand so")] = None,
    channel: Annotated[Way | None, Query(description="only what leaves this way")] = None,
    role: Annotated[Told | None, Query(description="only what is meant for this one")] = None,
    needs_person: Annotated[bool | None, Query(description="whether nothing more happens by itself")] = None,
    since: Annotated[AwareDatetime | None, Query(description="asked for at this moment or later")] = None,
    until: Annotated[AwareDatetime | None, Query(description="asked for before")] = None,
    limit: Limit = 50,
    after: str | None = None,
) -> Page:
    """What left the house, or has to, oldest first."""
    asked = Asked(caller.shop, order, outcome, channel, role, needs_person, since, until)
    async with tools.db.read() as conn:
        rows, total = await deliveries(conn, asked, limit, _after(after))
    key = [rows[limit - 1].asked_at.isoformat(), rows[limit - 1].id] if len(rows) > limit else None
    return page_of([_document(row) for row in rows], limit, total, key)


@router.get("/deliveries/{delivery}", response_model=DeliveryWithJournal)
async def show_delivery(tools: Notifications, caller: Reader, delivery: str) -> Response:
    """One delivery: why it waits, if it does, and the journal of its attempts."""
    async with tools.db.read() as conn:
        row = await find_delivery(conn, caller.shop, delivery)
        if row is None:
            raise NotFound("There is no such delivery.")
        attempts = [_attempt(found) for found in await journal(conn, delivery)]
        held = await waiting(conn, row, tools.outbox.clock())
        said = await find_report(conn, delivery) if row.channel == SMS else None
    why = None if held is None else Waiting.model_validate(held, from_attributes=True).model_dump(mode="json")
    report = None if said is None else Report.model_validate(said, from_attributes=True).model_dump(mode="json")
    return json_response(_document(row) | {"waiting": why, "report": report, "journal": attempts})


@router.post("/deliveries/{delivery}/retry", response_model=Delivery)
async def retry_delivery(request: Request, tools: Notifications, caller: Writer, delivery: str) -> Response:
    """Try it again now. Where an attempt's outcome is unknown, this may make it happen twice: the person decides."""

    async def command(tx: Transaction) -> Response:
        row = await retry(tx, caller.shop, delivery)
        tx.after_commit(tools.wake)
        return json_response(_document(row))

    return await once(request, tools.outbox, caller, command)


@router.post("/deliveries/{delivery}/settle", response_model=Delivery)
async def settle_delivery(
    request: Request, tools: Notifications, caller: Writer, delivery: str, settlement: Settlement
) -> Response:
    """Say what became of it; nothing is sent any more."""

    async def command(tx: Transaction) -> Response:
        reason = f"{settlement.reason} ({caller.actor})"
        return json_response(_document(await settle(tx, caller.shop, delivery, Outcome(settlement.outcome), reason)))

    return await once(request, tools.outbox, caller, command)


def _document(row: Found) -> dict[str, Any]:
    return Delivery(
        id=row.id,
        order=row.code,
        channel=row.channel,
        verb=row.verb,
        subject=row.subject,
        role=row.role,
        outcome=row.state,
        attempts=row.attempts,
        asked_at=row.asked_at,
        at=row.changed_at,
        next_attempt_at=row.due_at,
        needs_person=row.due_at is None and (row.state == Outcome.REJECTED or row.state in OPEN),
        reference=row.reference,
        reason=row.reason,
    ).model_dump(mode="json")


def _attempt(row: Found) -> dict[str, Any]:
    return Attempt(
        number=row.fence,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        late=row.late,
        reference=row.reference,
        reason=row.reason,
    ).model_dump(mode="json")


def _after(after: str | None) -> tuple[datetime, str] | None:
    values = after_key(after, 2)
    if values is None:
        return None
    try:
        return _moment.validate_python(values[0]), str(values[1])
    except ValidationError as error:
        raise Invalid("'after' is not a value this list returned as 'next'.", field="after") from error
