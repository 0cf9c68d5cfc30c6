"""Forgets what need not be kept: attempts, what SMS providers reported, and the contents of closed deliveries. The
obligations themselves stay, so that nothing is sent a second time.
"""

from datetime import timedelta

from sqlalchemy import delete, update

from services.notifications.domain.lifecycle import OPEN
from services.notifications.settings import Settings
from services.notifications.tables import attempts, bounces, exchanges, obligations, sms_reports
from shared.database import among
from shared.outbox import Outbox


async def forget_old(outbox: Outbox, settings: Settings) -> None:
    """The job; one transaction, since a day's worth is little."""
    async with outbox.transaction(batch=True) as tx:
        limit = tx.now - timedelta(days=settings.keep_attempts_days)
        await tx.execute(delete(attempts).where(attempts.c.ended_at < limit))
        await tx.execute(delete(exchanges).where(exchanges.c.at < limit))
        await tx.execute(delete(sms_reports).where(sms_reports.c.at < limit))
        await tx.execute(delete(bounces).where(bounces.c.at < limit))
        closed = ~among(obligations.c.state, [str(state) for state in OPEN])
        old = (obligations.c.changed_at < limit) & obligations.c.payload.is_not(None) & closed
        await tx.execute(update(obligations).where(old).values(payload=None))
