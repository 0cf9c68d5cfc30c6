"""Writes down what came of calls: journal, obligation, lane and the answer to the order, in one transaction.

An outcome counts only under the fence its attempt was claimed with; one that comes after its lease went to another
worker is journaled as late and changes nothing. Locks go guard rows, lane, obligations. A client's way into the client
space, an alert, a test and a product's stock level are no order's, so they are answered to nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, Float, Text, bindparam, select, update

from services.notifications.commands.alarms import LATE, raise_alarm
from services.notifications.commands.bundling import unbundle
from services.notifications.commands.claim import Claimed, LaneKey, hold_lane, write_lane
from services.notifications.commands.inviting import forget_closed
from services.notifications.commands.receivers import Ended, heed, journal_exchanges
from services.notifications.commands.say import say
from services.notifications.commands.sms_found import once_each
from services.notifications.domain.lanes import Lane, after, healed
from services.notifications.domain.lifecycle import OPEN, Standing, Step, follow, overtaken
from services.notifications.domain.results import Result
from services.notifications.domain.verbs import LEVELS, SIGN_IN, STOCK, TEST, UNANSWERED
from services.notifications.domain.webhooks import WEBHOOK, untold
from services.notifications.queries import Found
from services.notifications.tables import attempts, obligations
from shared.batch import lock_keys
from shared.contracts import Order, Outcome
from shared.database import UtcDateTime, among
from shared.outbox import Transaction

TRIES_IN_VAIN = 5
"""What had waited for its lane's quota is not late for the first tries that fail."""

_step = (
    update(obligations)
    .where(obligations.c.id == bindparam("row"), obligations.c.fence == bindparam("held"))
    .values(
        state=bindparam("to_state"),
        due_at=bindparam("to_due_at", type_=UtcDateTime()),
        changed_at=bindparam("to_changed_at", type_=UtcDateTime()),
        unsure_since=bindparam("to_unsure_since", type_=UtcDateTime()),
        reason=bindparam("to_reason", type_=Text()),
        reference=bindparam("to_reference", type_=Text()),
        lease_until=bindparam("to_lease", type_=Float()),
    )
)
_journal = (
    update(attempts)
    .where(attempts.c.obligation_id == bindparam("row"), attempts.c.fence == bindparam("held"))
    .values(
        ended_at=bindparam("to_ended_at", type_=UtcDateTime()),
        outcome=bindparam("to_outcome"),
        late=bindparam("to_late", type_=Boolean()),
        reason=bindparam("to_reason", type_=Text()),
        reference=bindparam("to_reference", type_=Text()),
    )
)


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that came back."""

    claimed: Claimed
    result: Result


async def record(tx: Transaction, lane: LaneKey, finished: Sequence[Finished], jitter: Callable[[], float]) -> int:
    """Write these outcomes down; how many still counted."""
    if lane.verb not in UNANSWERED:
        await lock_keys(tx, Order.name, [one.claimed.order_id for one in finished])
    results = await once_each(tx, lane, [(one.claimed, one.result) for one in finished])
    finished = [Finished(one.claimed, result) for one, result in zip(finished, results, strict=True)]
    before, state = await _pace(tx, lane, results)
    held = await _held(tx, [one.claimed.id for one in finished])
    ended, entries = [], []
    for one in finished:
        row = held.get(one.claimed.id)
        late = row is None or row.fence != one.claimed.fence
        entries.append(_entry(tx, one, late=late))
        if row is not None and not late:
            ended.append(Ended(one.claimed, one.result, _follow(tx, row, one, jitter())))
    if ended:
        await tx.execute(_step, [_row(tx, one) for one in ended])
    await tx.execute(_journal, entries)
    await _keep_untold(tx, lane, ended, held)
    await journal_exchanges(tx, ended)
    if await heed(tx, lane, ended) or healed(before, state):
        await _wake(tx, lane)
    await raise_alarm(tx, lane, state, [one.result for one in ended], late=any(_is_late(tx, one) for one in ended))
    await _tell(tx, lane, ended)
    return len(ended)


async def _tell(tx: Transaction, lane: LaneKey, ended: Sequence[Ended]) -> None:
    """Whoever has to know of these steps: the order, or what stands in its place."""
    if lane.verb not in UNANSWERED:
        await say(tx, {one.claimed.order_id: lane.shop for one in ended})
    elif lane.verb in (SIGN_IN, TEST):
        await forget_closed(tx, [one.claimed.id for one in ended])
    elif lane.verb == LEVELS:
        for one in ended:
            if one.step.due_at is None:
                await unbundle(tx, one.claimed, one.result)


def _is_late(tx: Transaction, one: Ended) -> bool:
    """Whether it has been tried for long, and in vain."""
    vain = one.step.due_at is not None and one.claimed.attempts >= TRIES_IN_VAIN
    return vain and tx.now - one.claimed.since > LATE


async def _pace(tx: Transaction, key: LaneKey, results: Sequence[Result]) -> tuple[Lane, Lane]:
    """Tell the lane; how it was, and how it is."""
    before = await hold_lane(tx, key)
    now = after(before, results, tx.now)
    if now != before:
        await write_lane(tx, key, now)
    return before, now


async def _held(tx: Transaction, ids: Sequence[str]) -> dict[str, Found]:
    statement = select(obligations).where(among(obligations.c.id, sorted(ids))).order_by(obligations.c.id)
    return {row.id: row for row in await tx.execute(statement.with_for_update())}


async def _wake(tx: Transaction, key: LaneKey) -> None:
    """Everything that waits in the lane is due; rows that another transaction holds come by their own time."""
    waiting = (
        select(obligations.c.id)
        .where(obligations.c.channel == key.channel, obligations.c.shop == key.shop, obligations.c.verb == key.verb)
        .where(obligations.c.due_at > tx.now)
        .order_by(obligations.c.id)
        .with_for_update(skip_locked=True)
    )
    ids = (await tx.execute(waiting)).scalars().all()
    if ids:
        await tx.execute(update(obligations).where(among(obligations.c.id, ids)).values(due_at=tx.now))


def _follow(tx: Transaction, row: Found, one: Finished, jitter: float) -> Step:
    """The obligation's next step; what told less than there is to tell by now is due again."""
    step = follow(_standing(row), one.result, tx.now, jitter)
    if row.verb == STOCK and row.version > one.claimed.version:
        return overtaken(step, row.due_at)
    more = row.channel == WEBHOOK and row.payload is not None and untold(row.payload, one.claimed.version)
    return overtaken(step, tx.now) if more and step.state == Outcome.DONE else step


async def _keep_untold(tx: Transaction, lane: LaneKey, ended: Sequence[Ended], held: Mapping[str, Found]) -> None:
    """What came while a webhook's call was out is told next, without the events that have just been told."""
    if lane.channel != WEBHOOK:
        return
    for one in ended:
        if one.step.state == Outcome.DUE:
            payload = held[one.claimed.id].payload
            contents = payload | {"events": untold(payload, one.claimed.version)}
            await tx.execute(update(obligations).where(obligations.c.id == one.claimed.id).values(payload=contents))


def _standing(row: Found) -> Standing:
    state = Outcome(row.state)
    return Standing(row.channel, state, row.attempts, row.since, row.attempted_at, row.unsure_since)


def _row(tx: Transaction, one: Ended) -> dict[str, Any]:
    step = one.step
    return {
        "row": one.claimed.id,
        "held": one.claimed.fence,
        "to_state": str(step.state),
        "to_due_at": step.due_at,
        "to_changed_at": tx.now,
        "to_unsure_since": step.unsure_since,
        "to_reason": step.reason,
        "to_reference": step.reference or (one.claimed.reference if step.state in OPEN else None),
        "to_lease": None,
    }


def _entry(tx: Transaction, one: Finished, *, late: bool) -> dict[str, Any]:
    return {
        "row": one.claimed.id,
        "held": one.claimed.fence,
        "to_ended_at": tx.now,
        "to_outcome": str(one.result.outcome),
        "to_late": late,
        "to_reason": one.result.reason,
        "to_reference": one.result.reference,
    }
