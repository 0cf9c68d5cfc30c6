"""`comptoir resync SERVICE`: say everything again to one service, at a capped rate, after an accident.

The request is a row with a cursor, so it goes on after a restart and may be asked twice. `jobs` takes a page a second.
"""

from typing import Any

from sqlalchemy import select, update

from services.orders.queries.hearings import SERVICES
from services.orders.queries.messages import order_messages
from services.orders.queries.records import lock_orders
from services.orders.tables import orders, resyncs
from shared.database import upsert
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.security import find_shop

_FIELDS = ("cursor", "sent", "requested_at", "finished_at")


async def request_resync(tx: Transaction, shop: str, service: str) -> None:
    """Begin (again from the start) to say the shop and all its orders to a service."""
    if service not in SERVICES:
        raise Invalid(f"There is no service '{service}'.", field="service", known=list(SERVICES))
    known = await find_shop(tx.conn, shop)
    if known is not None:
        tx.send(known, to=service)
    row = {"service": service, "shop": shop, "cursor": "", "sent": 0, "requested_at": tx.now, "finished_at": None}
    await tx.execute(upsert(tx.conn, resyncs, keys=["service", "shop"], update=_FIELDS), [row])


async def continue_resyncs(tx: Transaction, limit: int) -> int:
    """Say the next `limit` orders of one running resync; how many it said."""
    statement = select(resyncs).where(resyncs.c.finished_at.is_(None)).order_by(resyncs.c.requested_at).limit(1)
    running = (await tx.execute(statement.with_for_update(skip_locked=True))).one_or_none()
    if running is None:
        return 0
    page = select(orders.c.id).where(orders.c.shop == running.shop, orders.c.id > running.cursor)
    ids = list((await tx.execute(page.order_by(orders.c.id).limit(limit))).scalars())
    for message in await order_messages(tx.conn, await lock_orders(tx.conn, ids)):
        tx.send(message, to=running.service)
    progress: dict[str, Any] = {"sent": running.sent + len(ids)}
    progress |= {"cursor": ids[-1]} if len(ids) == limit else {"finished_at": tx.now}
    own = (resyncs.c.service == running.service) & (resyncs.c.shop == running.shop)
    await tx.execute(update(resyncs).where(own).values(progress))
    return len(ids)
