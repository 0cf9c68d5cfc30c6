"""Why a delivery has not left yet, and when it will be tried: what an operator asks first.

The same conditions in the same order as `commands.claim`: what holds it back first is what is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.lanes import rate_of
from services.notifications.domain.lifecycle import OPEN
from services.notifications.queries import Found
from services.notifications.queries.clock import database_seconds
from services.notifications.tables import lanes, obligations
from shared.contracts import Outcome


class Cause(StrEnum):
    """What a delivery can wait for."""

    CALL = "call"
    """It is out at this moment."""
    PERSON = "person"
    """Nothing more happens by itself."""
    SEQUENCE = "sequence"
    """One before it has to leave first: `after`."""
    QUIET = "quiet"
    """The other side asked for patience."""
    BREAKER = "breaker"
    """Calls of this kind failed; one at a time is tried."""
    QUOTA = "quota"
    """As many calls were made as may be."""
    DOCUMENTS = "documents"
    """Documents are being typeset that it takes along; without them it leaves at `until`."""
    SCHEDULE = "schedule"
    """A try failed; the next has its time."""
    WORKER = "worker"
    """It is due; a worker takes it next."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What it waits for; `until` is when that ends at the soonest, where it is known."""

    cause: Cause
    until: datetime | None = None
    detail: str | None = None
    after: str | None = None


async def find_delivery(conn: AsyncConnection, shop: str, delivery: str) -> Found | None:
    """The whole row of a delivery of the shop, and whether a call of it is out (`leased`)."""
    leased = (obligations.c.lease_until > database_seconds()).label("leased")
    own = (obligations.c.id == delivery) & (obligations.c.shop == shop)
    return (await conn.execute(select(obligations, leased).where(own))).one_or_none()


async def waiting(conn: AsyncConnection, row: Found, now: datetime) -> Waiting | None:
    """What a delivery (of `find_delivery`) waits for; None where it is closed."""
    if row.due_at is None:
        open_ = Outcome(row.state) in OPEN or row.state == Outcome.REJECTED
        return Waiting(Cause.PERSON, detail=row.reason) if open_ else None
    if row.leased:
        return Waiting(Cause.CALL)
    before = await _before(conn, row)
    if before is not None:
        return Waiting(Cause.SEQUENCE, after=before)
    return await _lane(conn, row, now) or _schedule(row, now)


async def _before(conn: AsyncConnection, row: Found) -> str | None:
    """The first of its sequence that has still to leave."""
    c = obligations.c
    earlier = select(c.id).where(c.sequence == row.sequence, c.position < row.position, c.due_at.is_not(None))
    return (await conn.execute(earlier.order_by(c.position).limit(1))).scalar_one_or_none()


async def _lane(conn: AsyncConnection, row: Found, now: datetime) -> Waiting | None:
    """What holds the whole lane back, if it is longer than the delivery itself has to wait."""
    c = lanes.c
    own = select(lanes).where(c.channel == row.channel, c.shop == row.shop, c.verb == row.verb)
    lane = (await conn.execute(own)).one_or_none()
    if lane is None:
        return None
    if lane.quiet_until is not None and lane.quiet_until > max(now, row.due_at):
        return Waiting(Cause.QUIET, lane.quiet_until, lane.reason)
    if lane.opened_at is not None:
        return Waiting(Cause.BREAKER, lane.probe_at, lane.reason)
    rate = rate_of(row.channel, row.verb)
    full = lane.refilled_at + timedelta(seconds=max(0.0, 1.0 - lane.tokens) / rate.per_second)
    return Waiting(Cause.QUOTA, full) if full > max(now, row.due_at) else None


def _schedule(row: Found, now: datetime) -> Waiting:
    if row.due_at > now and row.channel == "mail" and row.attempts == 0:
        return Waiting(Cause.DOCUMENTS, row.due_at)
    if row.due_at > now:
        return Waiting(Cause.SCHEDULE, row.due_at, row.reason)
    return Waiting(Cause.WORKER)
