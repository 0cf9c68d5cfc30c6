"""`Prefer: wait=N`: a checkout that needs to know whether the stock suffices gets the answer in the same request.

Whoever waits registers before the commit, is woken by hints, and looks for itself every 250 ms, since hints may be
lost. Inventory's answer and what follows from it (`on_short: cancel`) are one transaction, so its hearing says that
both are done.
"""

import asyncio
import contextlib
import re

from sqlalchemy import bindparam, select

from services.orders.queries.hearings import INVENTORY
from services.orders.tables import hearings
from shared.database import Database

LONGEST = 30.0
LOOK_SECONDS = 0.25

_wait = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})\"?", re.IGNORECASE)
_heard = select(hearings.c.heard).where(hearings.c.order_id == bindparam("order_id"), hearings.c.service == INVENTORY)


def wait_seconds(prefer: str | None) -> float | None:
    """The seconds a `Prefer` header asks to wait for, at most 30; None where it asks for none."""
    found = _wait.search(prefer or "")
    return min(float(found[1]), LONGEST) if found else None


async def inventory_heard(db: Database, order: str, version: int, seconds: float, changed: asyncio.Event) -> bool:
    """Wait until inventory has answered this version of the order; False when the time is over before."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        changed.clear()
        async with db.read() as conn:
            heard = (await conn.execute(_heard, {"order_id": order})).scalar_one_or_none()
        if heard is not None and heard >= version:
            return True
        left = end - loop.time()
        if left <= 0:
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), min(LOOK_SECONDS, left))
