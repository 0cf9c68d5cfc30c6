"""Takes due obligations of a lane for one worker: leased by the database's clock, fenced, journaled before the call.

Locks go lane, then obligations, skipping those another transaction holds: a claim never waits for somebody's call. A
lease that ran out means that an attempt was made whose outcome nobody wrote down: it counts as unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.lanes import Lane, fresh, leave, rate_of, spent
from services.notifications.domain.verbs import STOCK
from services.notifications.queries import Found
from services.notifications.queries.clock import database_seconds
from services.notifications.tables import attempts, lanes, obligations
from shared.contracts import Outcome
from shared.database import among, upsert
from shared.outbox import Transaction


class LaneKey(NamedTuple):
    """What shares a quota and a breaker."""

    channel: str
    shop: str
    verb: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """An obligation that is this worker's until its lease ends; `fence` proves it."""

    id: str
    fence: int
    lane: LaneKey
    order_id: str
    code: str
    asked_at: datetime
    attempts: int
    unsure_since: datetime | None
    traceparent: str | None
    version: int
    reference: str | None
    since: datetime
    payload: dict[str, Any] | None
    attachments: list[dict[str, Any]] | None
    at: datetime


_lane_columns = (obligations.c.channel, obligations.c.shop, obligations.c.verb)
_free = or_(obligations.c.lease_until.is_(None), obligations.c.lease_until < database_seconds())


async def due_lanes(conn: AsyncConnection, now: datetime) -> list[LaneKey]:
    """The lanes that have something to do, or something to probe with."""
    own = and_(*(lanes.c[column.name] == column for column in _lane_columns))
    probing = and_(lanes.c.opened_at.is_not(None), lanes.c.probe_at <= now)
    ready = or_(obligations.c.due_at <= now, and_(obligations.c.due_at.is_not(None), probing))
    found = select(*_lane_columns).select_from(obligations.outerjoin(lanes, own)).where(ready, _free).distinct()
    return [LaneKey(*row) for row in await conn.execute(found)]


async def claim(tx: Transaction, key: LaneKey, limit: int, lease_seconds: float) -> list[Claimed]:
    """At most `limit` obligations, as many as quota and breaker allow: oldest due first, before them levels of zero."""
    rate = rate_of(key.channel, key.verb)
    lane = await hold_lane(tx, key)
    allowed = leave(lane, rate, tx.now)
    if allowed.calls == 0:
        return []
    found = await _candidates(tx, key, min(limit, allowed.calls), probe=allowed.probe)
    if not found:
        return []
    await _lease(tx, found, lease_seconds)
    await write_lane(tx, key, spent(lane, rate, tx.now, len(found)))
    return [
        Claimed(
            row.id,
            row.fence + 1,
            key,
            row.order_id,
            row.code,
            row.asked_at,
            row.attempts + 1,
            row.unsure_since or (row.attempted_at if row.lease_until is not None else None),
            row.traceparent,
            row.version,
            row.reference,
            row.since,
            row.payload,
            row.attachments,
            tx.now,
        )
        for row in found
    ]


async def hold_lane(tx: Transaction, key: LaneKey) -> Lane:
    """The lane's state, its row locked; made at the first use."""
    own = _own(key)
    held = select(lanes).where(own).with_for_update()
    row = (await tx.execute(held)).one_or_none()
    if row is None:
        start = fresh(rate_of(key.channel, key.verb), tx.now)
        values = {"tokens": start.tokens, "refilled_at": start.refilled_at, "failures": 0}
        await tx.execute(upsert(tx.conn, lanes, keys=LaneKey._fields), [key._asdict() | values])
        row = (await tx.execute(held)).one()
    return Lane(row.tokens, row.refilled_at, row.failures, row.opened_at, row.probe_at, row.quiet_until, row.reason)


async def write_lane(tx: Transaction, key: LaneKey, lane: Lane) -> None:
    """Store the lane's state; the caller holds its row."""
    values = {
        "tokens": lane.tokens,
        "refilled_at": lane.refilled_at,
        "failures": lane.failures,
        "opened_at": lane.opened_at,
        "probe_at": lane.probe_at,
        "quiet_until": lane.quiet_until,
        "reason": lane.reason,
    }
    await tx.execute(update(lanes).where(_own(key)).values(values))


async def probe_now(tx: Transaction, channel: str, shop: str, verb: str | None = None) -> None:
    """Let a lane that is shut be tried at once, or all of an account: a person has mended what was wrong."""
    own = and_(lanes.c.channel == channel, lanes.c.shop == shop, lanes.c.opened_at.is_not(None))
    chosen = own if verb is None else and_(own, lanes.c.verb == verb)
    held = select(lanes.c.verb).where(chosen).order_by(lanes.c.verb).with_for_update()
    if verbs := (await tx.execute(held)).scalars().all():
        await tx.execute(update(lanes).where(chosen, among(lanes.c.verb, verbs)).values(probe_at=tx.now))


async def _candidates(tx: Transaction, key: LaneKey, limit: int, *, probe: bool) -> Sequence[Found]:
    earlier, c = obligations.alias("earlier"), obligations.c
    in_turn = ~exists().where(
        earlier.c.sequence == obligations.c.sequence,
        earlier.c.position < obligations.c.position,
        earlier.c.due_at.is_not(None),
    )
    ready = obligations.c.due_at.is_not(None) if probe else obligations.c.due_at <= tx.now
    first, second = (c.position, c.due_at) if key.verb == STOCK else (c.due_at, c.position)
    statement = (
        select(obligations)
        .where(*(column == value for column, value in zip(_lane_columns, key, strict=True)))
        .where(ready, _free, in_turn)
        .order_by(first, second, c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=obligations)
    )
    return (await tx.execute(statement)).all()


async def _lease(tx: Transaction, found: Sequence[Found], lease_seconds: float) -> None:
    ids = [row.id for row in found]
    overdue = [row.id for row in found if row.lease_until is not None]
    if overdue:
        silent = and_(among(attempts.c.obligation_id, overdue), attempts.c.outcome.is_(None))
        said = {"outcome": str(Outcome.UNKNOWN), "ended_at": tx.now, "reason": "the worker ended before the call did"}
        await tx.execute(update(attempts).where(silent).values(said))
    c = obligations.c
    doubt = case((c.lease_until.is_not(None), func.coalesce(c.unsure_since, c.attempted_at)), else_=c.unsure_since)
    leased = {
        "unsure_since": doubt,
        "fence": c.fence + 1,
        "attempts": c.attempts + 1,
        "attempted_at": tx.now,
        "lease_until": database_seconds() + lease_seconds,
    }
    await tx.execute(update(obligations).where(among(c.id, ids)).values(leased))
    started = [
        {"obligation_id": row.id, "fence": row.fence + 1, "order_id": row.order_id, "started_at": tx.now, "late": False}
        for row in found
    ]
    await tx.execute(insert(attempts), started)


def _own(key: LaneKey) -> Any:
    return and_(*(lanes.c[name] == value for name, value in key._asdict().items()))
