"""What a person decides about a delivery that no call can settle: send it again, or say what became of it."""

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy import select, update

from services.notifications.commands.claim import probe_now
from services.notifications.commands.say import say
from services.notifications.domain.lifecycle import SCHEDULES
from services.notifications.domain.results import clip
from services.notifications.domain.verbs import ALERT, LEVELS, SIGN_IN, TEST, UNANSWERED
from services.notifications.queries import DELIVERY, Found
from services.notifications.queries.clock import database_seconds
from services.notifications.tables import obligations
from shared.batch import lock_keys
from shared.contracts import Order, Outcome
from shared.outbox import Transaction
from shared.problems import NotFound, Problem

RETRIED = frozenset({Outcome.RETRY, Outcome.UNKNOWN, Outcome.REJECTED})
SETTLED = frozenset({Outcome.DUE, Outcome.RETRY, Outcome.UNKNOWN, Outcome.REJECTED})


class NotNow(Problem):
    """The delivery is in a state in which this makes no sense, or its call is out at this moment."""

    slug: ClassVar[str] = "delivery-state"
    title: ClassVar[str] = "The delivery does not allow this now"


async def retry(tx: Transaction, shop: str, delivery: str) -> Found:
    """Make it due again. The person takes it upon them that an earlier attempt did nothing."""
    row = await _held(tx, shop, delivery, RETRIED, probe=True)
    if row.verb == LEVELS:
        raise NotNow("The levels in it leave by themselves, as they are now.")
    if row.payload is None:
        raise NotNow("Its contents are no longer kept; change the order's status again to write a new one.")
    values: dict[str, object] = {"state": str(Outcome.DUE), "due_at": tx.now, "since": tx.now}
    values |= {"unsure_since": None, "reference": None}
    if row.channel in SCHEDULES:
        values["attempts"] = 0  # all its tries are before it again
    return await _changed(tx, row, values)


async def settle(tx: Transaction, shop: str, delivery: str, outcome: Outcome, reason: str) -> Found:
    """Close it as the person found it to be."""
    row = await _held(tx, shop, delivery, SETTLED)
    values = {"state": str(outcome), "due_at": None, "unsure_since": None, "reason": clip(reason)}
    return await _changed(tx, row, values)


async def _held(tx: Transaction, shop: str, delivery: str, states: frozenset[Outcome], *, probe: bool = False) -> Found:
    """The delivery, locked as `record` does. `probe`: its lane, where shut, is tried at once."""
    own, c = (obligations.c.id == delivery) & (obligations.c.shop == shop), obligations.c
    found = (await tx.execute(select(c.order_id, c.channel, c.verb).where(own))).one_or_none()
    if found is None:
        raise NotFound("There is no such delivery.")
    if found.verb == SIGN_IN:
        raise NotNow("A way into the client space lasts minutes: the client asks for another.")
    if found.verb == ALERT:
        raise NotNow("An alert is of its moment: look at what it is about.")
    if found.verb == TEST:
        raise NotNow("A test is not repeated: ask for another.")
    if found.verb not in UNANSWERED:
        await lock_keys(tx, Order.name, [found.order_id])
    if probe and found.channel not in SCHEDULES:
        await probe_now(tx, found.channel, shop, found.verb)
    leased = (obligations.c.lease_until > database_seconds()).label("leased")
    row = (await tx.execute(select(obligations, leased).where(own).with_for_update())).one()
    if Outcome(row.state) not in states:
        raise NotNow(f"The delivery is {row.state}.", outcome=row.state)
    if row.leased:
        raise NotNow("An attempt is being made at this moment.", outcome=row.state)
    return row


async def _changed(tx: Transaction, row: Found, values: Mapping[str, object]) -> Found:
    changed = update(obligations).where(obligations.c.id == row.id).values({**values, "changed_at": tx.now})
    await tx.execute(changed)
    if row.verb not in UNANSWERED:
        await say(tx, {row.order_id: row.shop})
    return (await tx.execute(select(*DELIVERY).where(obligations.c.id == row.id))).one()
