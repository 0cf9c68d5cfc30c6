"""Stock levels by the thousand: where a shop has more due at Amazon than a minute of its lane, they leave as one feed.

Zeros do not wait for it: they go one by one, at once. The levels in a bundle stand aside until its feed is processed;
one for which a newer level came meanwhile is sent again afterwards: nobody knows which of the two Amazon took last.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.commands.claim import Claimed
from services.notifications.commands.obliging import obligation
from services.notifications.domain.payloads import Level, Levels, Part
from services.notifications.domain.reporting import MARKETPLACE
from services.notifications.domain.results import Result, clip
from services.notifications.domain.stock_levels import OTHERS
from services.notifications.domain.verbs import LEVELS, STOCK
from services.notifications.tables import obligations
from shared.contracts import Outcome
from shared.database import UtcDateTime, among, new_id
from shared.outbox import Transaction

CHANNEL = "amazon"
FEWEST = 300
MOST = 10_000
ASIDE = timedelta(hours=72)
"""After which a level whose bundle never came back leaves by itself."""

_c = obligations.c
_levels = TypeAdapter(Level)
_bundles = TypeAdapter(Levels)
_crowd = (_c.channel == CHANNEL) & (_c.verb == STOCK) & (_c.position == OTHERS) & _c.lease_until.is_(None)
_closed = (
    update(obligations)
    .where(_c.id == bindparam("row"), _c.version == bindparam("of"), _c.reference == bindparam("bundle"))
    .values(
        state=bindparam("to_state"),
        reason=bindparam("to_reason"),
        due_at=None,
        changed_at=bindparam("now", type_=UtcDateTime()),
    )
)
_again = (
    update(obligations)
    .where(_c.id == bindparam("row"), _c.version > bindparam("of"))
    .values(version=_c.version + 1, state=str(Outcome.DUE), due_at=bindparam("now", type_=UtcDateTime()))
)


async def crowded(conn: AsyncConnection, now: datetime) -> Sequence[str]:
    """The shops that have a bundle's worth of levels due."""
    found = select(_c.shop).where(_crowd, _c.due_at <= now).group_by(_c.shop).having(func.count() >= FEWEST)
    return (await conn.execute(found)).scalars().all()


async def bundle(tx: Transaction, shop: str) -> int:
    """Put a shop's due levels together; how many there are in the bundle."""
    due = select(_c.id, _c.version, _c.payload).where(_crowd, _c.shop == shop, _c.due_at <= tx.now)
    held = due.order_by(_c.due_at, _c.id).limit(MOST).with_for_update(skip_locked=True)
    rows = (await tx.execute(held)).all()
    if len(rows) < FEWEST:
        return 0
    name = new_id()
    parts = tuple(Part(row.id, row.version, _levels.validate_python(row.payload)) for row in rows)
    aside = {"due_at": tx.now + ASIDE, "reference": name}
    await tx.execute(update(obligations).where(among(_c.id, [row.id for row in rows])).values(aside))
    feed = obligation(
        tx,
        order_id=name,
        shop=shop,
        channel=CHANNEL,
        verb=LEVELS,
        subject=f"levels/{len(parts)}",
        role=MARKETPLACE,
        sequence=f"{shop}/{CHANNEL}/{LEVELS}",
        position=int(tx.now.timestamp() * 1000),
        version=1,
        payload=Levels(parts),
    )
    await tx.execute(insert(obligations).values(feed | {"id": name}))
    return len(parts)


async def unbundle(tx: Transaction, claimed: Claimed, result: Result) -> None:
    """The bundle came back for good: close its levels as it says, or have those it did not take leave by themselves."""
    parts = _bundles.validate_python(claimed.payload).parts
    if result.outcome == Outcome.DONE:
        rows = [
            {
                "row": part.obligation,
                "of": part.version,
                "bundle": claimed.id,
                "to_state": str(Outcome.REJECTED if number in result.refused else Outcome.DONE),
                "to_reason": clip(result.refused.get(number, "in a feed")),
                "now": tx.now,
            }
            for number, part in enumerate(parts, 1)
        ]
        await tx.execute(_closed, sorted(rows, key=lambda row: str(row["row"])))
    newer = [{"row": part.obligation, "of": part.version, "now": tx.now} for part in parts]
    await tx.execute(_again, sorted(newer, key=lambda row: str(row["row"])))
    left = (_c.reference == claimed.id) & _c.due_at.is_not(None)
    await tx.execute(update(obligations).where(left).values(due_at=tx.now, reference=None))
