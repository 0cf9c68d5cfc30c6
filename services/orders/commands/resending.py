"""Saying orders again: to a service that lags, to one whose answer was lost, or everything after an accident.

A re-send is the order's present message with its present version, by routing key to one service; the service answers
again. `jobs` decides when, `domain.resending` how often.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select

from services.orders.domain.resending import due_at, resends_since
from services.orders.queries.hearings import NEVER, as_row, find_hearings
from services.orders.queries.messages import order_messages
from services.orders.queries.records import lock_orders
from services.orders.tables import hearings, orders
from shared.contracts import Digest
from shared.database import among, upsert
from shared.outbox import Transaction

Wanted = Mapping[str, Sequence[str]]
"""Services by order id."""


async def resend(tx: Transaction, wanted: Wanted) -> int:
    """Say these orders again to these services; how many messages."""
    records = await lock_orders(tx.conn, wanted)
    known = await find_hearings(tx.conn, [record.id for record in records])
    rows = []
    for record, message in zip(records, await order_messages(tx.conn, records), strict=True):
        for service in wanted[record.id]:
            tx.send(message, to=service)
            before = known[record.id].get(service, NEVER)
            count = resends_since(record.sent_at, before.resent_at, before.resends) + 1
            rows.append(as_row(record.id, service, replace(before, resent_at=tx.now, resends=count)))
    if rows:
        columns = ("resent_at", "resends")
        await tx.execute(upsert(tx.conn, hearings, keys=["order_id", "service"], update=columns), rows)
    return len(rows)


async def resend_lacking(tx: Transaction, digest: Digest, limit: int) -> int:
    """Say again up to `limit` orders of a digest whose answer is older here than the digest says."""
    said = {item.id: item.version for item in digest.items}
    statement = select(orders.c.id, orders.c.sent_at).where(among(orders.c.id, said), orders.c.shop == digest.shop)
    sent = {row.id: row.sent_at for row in await tx.execute(statement)}
    known = await find_hearings(tx.conn, sent)
    wanted: dict[str, list[str]] = defaultdict(list)
    for id_, sent_at in sorted(sent.items()):
        hearing = known[id_].get(digest.service, NEVER)
        due = due_at(sent_at, hearing.resent_at, hearing.resends) <= tx.now
        if hearing.version < said[id_] and due and len(wanted) < limit:
            wanted[id_].append(digest.service)
    return await resend(tx, wanted)
