"""Calls to providers: claimed under a lease with a fence, journaled, and what came of each written down.

The call itself is made between the two transactions (`jobs.payments`). A worker that was thought dead and comes back
late reports under an old fence and is not listened to; what it did is found by the next attempt, which asks first or
sends the same Idempotency-Key. Calls about one charge follow one another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.commands.sights import (
    gone,
    look_after,
    refund_pending,
    refund_rejected,
    refund_taken,
    rejected,
    take,
)
from services.billing.domain.charging import KEYS_KEPT, Reply, Verb, pause
from services.billing.queries.charges import Charge, charges_by_id
from services.billing.tables import accounts, provider_calls, provider_journal, refunds
from shared.batch import lock_keys
from shared.contracts import Order, Outcome, Shop
from shared.database import among
from shared.observability import get_logger
from shared.outbox import Transaction
from shared.security import find_shop

log = get_logger(__name__)

PATIENCE = timedelta(minutes=15)
"""How long a client's page is tried to be had; nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that this worker is to make. `unsure`: an attempt may have taken effect, or its key is forgotten."""

    id: str
    fence: int
    attempt: int
    verb: Verb
    key: str
    refund_id: str | None
    refund_amount: int
    unsure: bool
    charge: Charge
    order: Order
    shop: Shop | None
    traceparent: str | None


async def any_due(conn: AsyncConnection, now: datetime) -> bool:
    """Whether there may be a call to make; most looks find none, and write nothing."""
    due = select(provider_calls.c.id).where(provider_calls.c.due_at <= now).limit(1)
    return (await conn.execute(due)).first() is not None


async def claim_calls(tx: Transaction, limit: int, lease: timedelta) -> list[Claim]:
    """Take calls that are due and that no living worker holds, oldest due first."""
    c = provider_calls.c
    earlier = provider_calls.alias("earlier")
    first = ~exists().where(earlier.c.charge_id == c.charge_id, earlier.c.id < c.id, earlier.c.due_at.is_not(None))
    free = or_(c.lease_until.is_(None), c.lease_until <= tx.now)
    due = (
        select(provider_calls)
        .where(c.due_at <= tx.now, free, first)
        .order_by(c.due_at, c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=provider_calls)
    )
    rows = (await tx.execute(due)).all()
    if not rows:
        return []
    overtaken = [row.id for row in rows if row.lease_until is not None]
    if overtaken:
        await tx.execute(update(provider_calls).where(among(c.id, overtaken)).values(unsure=True))
    taken = update(provider_calls).where(among(c.id, [row.id for row in rows]))
    await tx.execute(taken.values(fence=c.fence + 1, attempts=c.attempts + 1, lease_until=tx.now + lease))
    fresh = among(c.id, [row.id for row in rows if row.first_at is None])
    await tx.execute(update(provider_calls).where(fresh).values(first_at=tx.now))
    started = [{"call_id": row.id, "fence": row.fence + 1, "started_at": tx.now} for row in rows]
    await tx.execute(insert(provider_journal), started)
    return await _claims(tx, rows)


async def finish_calls(tx: Transaction, finished: Sequence[tuple[Claim, Reply]]) -> None:
    """Write down what came of these calls, each under the fence it was claimed with."""
    await lock_keys(tx, Order.name, [claim.charge.order_id for claim, _ in finished])
    held = among(provider_calls.c.id, sorted(claim.id for claim, _ in finished))
    rows = await tx.execute(select(provider_calls).where(held).order_by(provider_calls.c.id).with_for_update())
    fences = {row.id: row.fence for row in rows}
    for claim, reply in finished:
        own = (provider_journal.c.call_id == claim.id) & (provider_journal.c.fence == claim.fence)
        said = {"ended_at": tx.now, "outcome": str(reply.outcome), "reason": reply.reason}
        await tx.execute(update(provider_journal).where(own).values(said))
        if fences.get(claim.id) != claim.fence:
            log.warning("provider.late", call=claim.id, verb=claim.verb)
            continue
        await _follow(tx, claim, reply)


async def _claims(tx: Transaction, rows: Sequence[Any]) -> list[Claim]:
    charges = await charges_by_id(tx.conn, [row.charge_id for row in rows])
    own = among(accounts.c.order_id, [row.order_id for row in rows])
    bodies = {row.order_id: row.body for row in await tx.execute(select(accounts).where(own))}
    wished = among(refunds.c.id, [row.refund_id for row in rows if row.refund_id])
    amounts = {row.id: row.amount for row in await tx.execute(select(refunds).where(wished))}
    shops = {name: await find_shop(tx.conn, name) for name in sorted({row.shop for row in rows})}
    return [
        Claim(
            id=row.id,
            fence=row.fence + 1,
            attempt=row.attempts + 1,
            verb=Verb(row.verb),
            key=row.key,
            refund_id=row.refund_id,
            refund_amount=amounts.get(row.refund_id, 0),
            unsure=row.unsure
            or row.lease_until is not None
            or (row.first_at is not None and tx.now - row.first_at > KEYS_KEPT),
            charge=charges[row.charge_id],
            order=Order.decode(bodies[row.order_id]),
            shop=shops[row.shop],
            traceparent=row.traceparent,
        )
        for row in rows
    ]


async def _follow(tx: Transaction, claim: Claim, reply: Reply) -> None:
    """Close the call and take what was shown, or put it off."""
    values: dict[str, Any] = {"state": str(reply.outcome), "reason": reply.reason, "lease_until": None}
    if reply.outcome in (Outcome.RETRY, Outcome.UNKNOWN) and not await _too_late(tx, claim):
        values["due_at"] = tx.now + pause(claim.attempt, reply.retry_after)
        if reply.outcome is Outcome.UNKNOWN:
            values["unsure"] = True
        log.warning("provider.not_done", call=claim.id, verb=claim.verb, outcome=str(reply.outcome))
    else:
        values["due_at"] = None
    await tx.execute(update(provider_calls).where(provider_calls.c.id == claim.id).values(values))
    if claim.refund_id is not None and values["due_at"] is not None:
        await refund_pending(tx, claim.refund_id, reply)
    if values["due_at"] is None:
        await _closed(tx, claim, reply)


async def _closed(tx: Transaction, claim: Claim, reply: Reply) -> None:
    done = reply.outcome is Outcome.DONE
    if claim.refund_id is not None:
        if reply.refund is not None:
            await refund_taken(tx, claim.charge, reply.refund)
        else:
            await refund_rejected(tx, claim.charge, claim.refund_id, reply.reason)
    elif reply.seen is not None:
        await take(tx, claim.charge, reply.seen)
    elif claim.verb is Verb.OPEN:
        await rejected(tx, claim.charge, reply.reason)
    elif claim.verb is Verb.LOOK and not done:
        await gone(tx, claim.charge, reply.reason)
    else:
        await look_after(tx, claim.charge)


async def _too_late(tx: Transaction, claim: Claim) -> bool:
    """Whether nobody waits any more for a page to be opened."""
    return claim.verb is Verb.OPEN and tx.now - claim.charge.created_at > PATIENCE
