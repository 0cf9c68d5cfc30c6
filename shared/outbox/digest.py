"""Digests: the versions of answers that last changed some time ago, so that orders notices one it never got.

Answers that nobody asked for (a payment, an allocation) have no re-send to heal them: the digest is what does. It costs
a thousandth of repeating the answers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from shared.broker import Bus, Outgoing
from shared.contracts import Digest, DigestItem
from shared.outbox import Outbox
from shared.outbox.tables import answers

PAGE = 5000
AGES = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
EVERY = timedelta(minutes=1)


async def publish_digest(outbox: Outbox, bus: Bus, *, since: timedelta | None = None) -> int:
    """Publish pages of the answers that changed 1 min, 10 min, 1 h, 6 h and 24 h ago; `since` for all of a period."""
    now = outbox.clock()
    windows = [(now - since, now)] if since else [(now - age - EVERY, now - age) for age in AGES]
    async with outbox.db.read() as conn:
        statement = select(answers.c.shop, answers.c.id, answers.c.version).where(
            or_(*(answers.c.changed_at.between(start, end) for start, end in windows))
        )
        rows = (await conn.execute(statement.order_by(answers.c.shop, answers.c.id))).all()
    pages: list[Digest] = []
    for shop in dict.fromkeys(row.shop for row in rows):
        items = [DigestItem(id=row.id, version=row.version) for row in rows if row.shop == shop]
        pages += [
            Digest(shop=shop, service=bus.service, items=tuple(items[start : start + PAGE]))
            for start in range(0, len(items), PAGE)
        ]
    await bus.publish(_outgoing(pages, now))
    return len(pages)


def _outgoing(pages: Sequence[Digest], now: datetime) -> list[Outgoing]:
    return [
        Outgoing(page.name, f"{page.service}/{now.isoformat()}/{number}", page.shop, page.service, 0, page.encode())
        for number, page in enumerate(pages)
    ]
