"""Which of a provider's SMS are some delivery's already: a try in doubt is looked for by what its SMS looks like, and
two deliveries may look alike.

A delivery is known by its own reference, by what its attempts brought (a person may have had it sent again since), and
by reports that name it. Attempts are looked at by their time, for which they have an index.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.sms_reports import SMS
from services.notifications.tables import attempts, obligations, sms_reports
from shared.database import among

BEFORE = timedelta(minutes=15)
"""An SMS that might be the one looked for was created by an attempt that began at most this long before."""


async def taken(
    conn: AsyncConnection, shop: str, delivery: str, since: datetime, references: Sequence[str]
) -> frozenset[str]:
    """Those of the provider's ids that cannot be this delivery's try of that moment, nor one after it."""
    o, a, r = obligations.c, attempts.c, sms_reports.c
    known = select(o.reference).where(
        o.channel == SMS, o.shop == shop, among(o.reference, references), o.id != delivery
    )
    reported = select(r.message).where(r.shop == shop, among(r.message, references), r.delivery != delivery)
    another = or_(a.obligation_id != delivery, a.started_at < since)
    tried = select(a.reference).where(a.started_at >= since - BEFORE, among(a.reference, references), another)
    return frozenset((await conn.execute(union(known, reported, tried))).scalars())
