"""Keeps what SMS providers report, and settles deliveries by it: one in doubt did leave, one that left never arrived.

A report is answered as soon as it is kept; `heed` draws the consequences, so that one that overtakes the outcome of its
own call, or names a message nobody knows yet, is only a report that is heeded later. Locks go guard rows, obligations.
"""

from collections.abc import Sequence

from sqlalchemy import and_, delete, or_, select, update

from services.notifications.commands.say import say
from services.notifications.domain.sms_reports import RANKS, SMS, Reached, Report, reference_of, settled
from services.notifications.queries import Found
from services.notifications.queries.clock import database_seconds
from services.notifications.tables import obligations, sms_reports
from shared.batch import lock_keys
from shared.contracts import Order, Outcome
from shared.database import among, upsert
from shared.outbox import Transaction

AT_ONCE = 200
_free = or_(obligations.c.lease_until.is_(None), obligations.c.lease_until < database_seconds())


async def keep(tx: Transaction, report: Report) -> bool:
    """Keep a report that says more than is known; whether it does."""
    c = sms_reports.c
    known = select(c.rank, c.delivery).where(c.shop == report.shop, c.message == report.reference)
    row = (await tx.execute(known)).one_or_none()
    rank = RANKS[report.reached]
    if row is not None and row.rank >= rank:
        return False
    values = {
        "shop": report.shop,
        "message": report.reference,
        "delivery": report.delivery or (row.delivery if row else None),
        "rank": rank,
        "reached": str(report.reached),
        "code": report.code,
        "at": tx.now,
        "heeded_at": None,
    }
    news = ("delivery", "rank", "reached", "code", "at", "heeded_at")
    kept = upsert(tx.conn, sms_reports, keys=("shop", "message"), update=news, newest_by="rank")
    await tx.execute(kept, [values])
    return True


async def heed(tx: Transaction) -> bool:
    """Settle deliveries by new reports; whether there may be more. What is being sent at this moment comes later."""
    await _match(tx)
    c, o = sms_reports.c, obligations.c
    joined = sms_reports.join(obligations, and_(o.id == c.delivery, o.shop == c.shop, o.channel == SMS))
    new = (
        select(c.shop, c.message, c.delivery, o.order_id)
        .select_from(joined)
        .where(c.heeded_at.is_(None), _free)
        .order_by(c.at, c.message)
        .limit(AT_ONCE)
    )
    found = (await tx.execute(new)).all()
    if not found:
        return False
    await lock_keys(tx, Order.name, [row.order_id for row in found])
    told: dict[str, str] = {}
    for row in found:
        if await _heed_one(tx, row.shop, row.message):
            told[row.order_id] = row.shop
    if told:
        await say(tx, told)
    return len(found) == AT_ONCE


async def forget_reports(tx: Transaction, orders: Sequence[str]) -> None:
    """What providers said of these orders' messages is forgotten with their clients."""
    theirs = select(obligations.c.id).where(among(obligations.c.order_id, orders), obligations.c.channel == SMS)
    await tx.execute(delete(sms_reports).where(sms_reports.c.delivery.in_(theirs)))


async def _match(tx: Transaction) -> None:
    """Reports that named the provider's id alone find their delivery as soon as it is known by that."""
    c, o = sms_reports.c, obligations.c
    own = select(o.id).where(o.channel == SMS, o.shop == c.shop, o.reference == c.message).limit(1).scalar_subquery()
    lost = update(sms_reports).where(c.heeded_at.is_(None), c.delivery.is_(None), own.is_not(None))
    await tx.execute(lost.values(delivery=own))


async def _heed_one(tx: Transaction, shop: str, message: str) -> bool:
    """Whether the delivery changed. The caller holds the order's guard row."""
    c, o = sms_reports.c, obligations.c
    mine = and_(c.shop == shop, c.message == message)
    report = (await tx.execute(select(sms_reports).where(mine).with_for_update())).one_or_none()
    if report is None or report.heeded_at is not None:
        return False
    held = select(obligations).where(o.id == report.delivery, _free).with_for_update()
    row = (await tx.execute(held)).one_or_none()
    if row is None:
        return False
    await tx.execute(update(sms_reports).where(mine).values(heeded_at=tx.now))
    return await _settle(tx, row, report)


async def _settle(tx: Transaction, row: Found, report: Found) -> bool:
    said = Report(report.shop, report.message, report.delivery, Reached(report.reached), report.code)
    names = (row.reference, reference_of(row.id, row.since))
    step = settled(Outcome(row.state), names, row.unsure_since is not None, said)
    if step is None:
        return False
    values = {
        "state": str(step.state),
        "reference": row.reference if report.message in names and row.reference else report.message,
        "reason": step.reason,
        "due_at": None,
        "unsure_since": None,
        "changed_at": tx.now,
    }
    await tx.execute(update(obligations).where(obligations.c.id == row.id).values(values))
    return True
