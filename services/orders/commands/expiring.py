"""Terms of payment: an order that awaits its payment too long is cancelled, unless money is on its way."""

from datetime import timedelta

from sqlalchemy import select, update

from services.orders.commands.automatic import Trigger, apply_rules
from services.orders.domain.rules import Rule, term_expires
from services.orders.domain.types import StatusType
from services.orders.tables import orders
from shared.database import among
from shared.outbox import Transaction

AGAIN = timedelta(minutes=10)
"""When a term that was over while money was on its way is looked at again."""


async def expire_terms(tx: Transaction, limit: int) -> int:
    """Deal with up to `limit` terms that are over; how many there were."""
    statement = (
        select(orders.c.id, orders.c.shop, orders.c.type, orders.c.payment, orders.c.status_entry)
        .where(orders.c.expires_at <= tx.now, orders.c.deleted_at.is_(None))
        .order_by(orders.c.expires_at)
        .limit(limit)
    )
    ids = [row.id for row in await tx.execute(statement)]
    locked = select(*statement.selected_columns).where(among(orders.c.id, sorted(ids)), orders.c.expires_at <= tx.now)
    rows = (await tx.execute(locked.order_by(orders.c.id).with_for_update())).all()
    over = [row for row in rows if term_expires(StatusType(row.type), row.payment)]
    later = update(orders).where(among(orders.c.id, [row.id for row in rows])).values(expires_at=tx.now + AGAIN)
    await tx.execute(later)
    await apply_rules(
        tx, [Trigger(row.shop, row.id, Rule.EXPIRY, row.status_entry, StatusType.CANCELLED) for row in over]
    )
    return len(rows)
