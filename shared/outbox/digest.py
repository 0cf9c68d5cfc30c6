"""Digests: the versions of answers that last changed some time ago, so that orders notices one it never got.

Answers that nobody asked for (a payment, an allocation) have no re-send to heal them: the digest is what does. It costs
a thousandth of repeating the answers.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import or_, select

from shared.broker import Bus, Outgoing
from shared.contracts import Digest, DigestItem
from shared.outbox import Outbox
from shared.outbox.tables import answers

PAGE = 5000
AGES = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
EVERY = timedelta(minutes=1)


async def publish_digest(outbox: Outbox, bus: Bus, *, since: timedelta | None = None, every: timedelta = EVERY) -> bool:
    """Publish pages of the answers that changed 1 min, 10 min, 1 h, 6 h and 24 h ago; whether all were confirmed.

    `since` asks for all of a period instead. `every` is the time since the last digest: each window is as long, so that
    the windows of one digest begin where those of the last one ended.
    """
    now = outbox.clock()
    windows = [(now - since, now)] if since else [(now - age - every, now - age) for age in AGES]
    pages = [page for shop, items in await _changed(outbox, windows) for page in _pages(shop, bus.service, items)]
    confirmed = await bus.publish(
        [
            Outgoing(page.name, f"{page.service}/{number}", page.shop, page.service, 0, page.encode())
            for number, page in enumerate(pages)
        ]
    )
    return all(confirmed)


async def _changed(outbox: Outbox, windows: Sequence[tuple[datetime, datetime]]) -> list[tuple[str, list[Any]]]:
    inside = or_(*((answers.c.changed_at > start) & (answers.c.changed_at <= end) for start, end in windows))
    statement = select(answers.c.shop, answers.c.id, answers.c.version).where(inside)
    async with outbox.db.read() as conn:
        rows = (await conn.execute(statement.order_by(answers.c.shop, answers.c.id))).all()
    return [(shop, list(found)) for shop, found in groupby(rows, key=attrgetter("shop"))]


def _pages(shop: str, service: str, rows: Sequence[Any]) -> Iterator[Digest]:
    for start in range(0, len(rows), PAGE):
        items = tuple(DigestItem(id=row.id, version=row.version) for row in rows[start : start + PAGE])
        yield Digest(shop=shop, service=service, items=items)
