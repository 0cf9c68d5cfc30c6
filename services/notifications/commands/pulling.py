"""Reading orders from marketplaces, a page a call: claimed, called, written down, like every other call.

A round reads what changed since the round before; its pages are claimed one by one, so that any worker may go on with
it. What a page showed and how far it brought the round are written in one transaction. The lane is the vendor's quota.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.commands.alarms import raise_alarm
from services.notifications.commands.channel_orders import note_orders
from services.notifications.commands.claim import LaneKey, hold_lane, write_lane
from services.notifications.domain.channel_orders import EVERY, OVERLAP, Pulled, Window
from services.notifications.domain.lanes import after, leave, rate_of, spent
from services.notifications.domain.lifecycle import wait
from services.notifications.domain.results import Result, done
from services.notifications.domain.verbs import PULL
from services.notifications.queries.clock import database_seconds
from services.notifications.tables import channel_pulls
from shared.contracts import Outcome
from shared.outbox import Transaction

_c = channel_pulls.c


@dataclass(frozen=True, slots=True)
class Round:
    """A page that is this worker's to read until its lease ends; `fence` proves it."""

    shop: str
    channel: str
    fence: int
    window: Window

    @property
    def lane(self) -> LaneKey:
        return LaneKey(self.channel, self.shop, PULL)


async def due_pulls(conn: AsyncConnection, now: datetime) -> Sequence[tuple[str, str]]:
    """Shop and channel of the readings that are due."""
    found = select(_c.shop, _c.channel).where(_c.due_at <= now, _free()).order_by(_c.due_at)
    return [(row.shop, row.channel) for row in await conn.execute(found)]


async def claim_pull(tx: Transaction, shop: str, channel: str, lease_seconds: float) -> Round | None:
    """The next page to read, None where none is due, another worker has it, or the vendor's quota is spent."""
    key = LaneKey(channel, shop, PULL)
    lane, rate = await hold_lane(tx, key), rate_of(channel, PULL)
    own = (_c.shop == shop) & (_c.channel == channel)
    held = select(channel_pulls).where(own, _c.due_at <= tx.now, _free()).with_for_update(skip_locked=True)
    row = (await tx.execute(held)).one_or_none()
    if row is None or leave(lane, rate, tx.now).calls == 0:
        return None
    leased: dict[str, Any] = {"fence": row.fence + 1, "lease_until": database_seconds() + lease_seconds}
    if row.page is None:
        leased["until"] = tx.now
    await tx.execute(update(channel_pulls).where(own).values(leased))
    await write_lane(tx, key, spent(lane, rate, tx.now, 1))
    return Round(shop, channel, row.fence + 1, Window(shop, row.since, row.page))


async def record_pull(tx: Transaction, read: Round, came: Pulled | Result, jitter: float) -> int:
    """Write down what a page brought, and when the next is due; how many orders are news."""
    result = done() if isinstance(came, Pulled) else came
    lane = await hold_lane(tx, read.lane)
    now_lane = after(lane, [result], tx.now)
    if now_lane != lane:
        await write_lane(tx, read.lane, now_lane)
    await raise_alarm(tx, read.lane, now_lane, [result])
    own = (_c.shop == read.shop) & (_c.channel == read.channel) & (_c.fence == read.fence)
    row = (await tx.execute(select(channel_pulls).where(own).with_for_update())).one_or_none()
    if row is None:
        return 0  # its lease had gone to another worker, who reads the page again
    values: dict[str, Any] = {"lease_until": None}
    news = 0
    if isinstance(came, Pulled):
        news = await note_orders(tx, read.shop, read.channel, came.orders)
        values |= {"page": came.page, "reason": None, "due_at": tx.now}
        if came.page is None:
            values |= {"since": row.until - OVERLAP, "pulled_at": tx.now, "due_at": tx.now + EVERY[read.channel]}
    else:
        values |= {"reason": came.reason, "due_at": tx.now + _pause(read.channel, came, now_lane.failures, jitter)}
        if came.outcome == Outcome.REJECTED:
            values["page"] = None  # the vendor no longer knows it: the round begins anew
    if row.due_at is None:
        values.pop("due_at")  # reading was switched off meanwhile
    await tx.execute(update(channel_pulls).where(own).values(values))
    return news


def _pause(channel: str, result: Result, failures: int, jitter: float) -> timedelta:
    """Until the page is asked for again. What the vendor refuses outright it will refuse again a moment later."""
    if result.outcome == Outcome.REJECTED:
        return EVERY[channel]
    seconds = wait(failures, jitter) if result.retry_after is None else result.retry_after + jitter
    return timedelta(seconds=seconds)


def _free() -> Any:
    return or_(_c.lease_until.is_(None), _c.lease_until < database_seconds())
