"""Orders that were heard before their shop: nothing can be issued for them until the shop's message comes."""

from sqlalchemy import select

from services.billing.commands.answers import blocked_reasons
from services.billing.commands.converge import converge
from services.billing.queries.ledgers import ledgers
from services.billing.tables import accounts, metadata
from shared.batch import lock_keys
from shared.contracts import Order
from shared.outbox import Transaction

_shops = metadata.tables["shops"]


async def converge_waiting(tx: Transaction, limit: int) -> int:
    """Deal with orders whose shop has been heard of by now; how many there were."""
    known = accounts.join(_shops, _shops.c.shop == accounts.c.shop)
    statement = (
        select(accounts.c.order_id)
        .select_from(known)
        .where(accounts.c.waiting)
        .order_by(accounts.c.order_id)
        .limit(limit)
    )
    orders = list((await tx.execute(statement)).scalars())
    if orders:
        await lock_keys(tx, Order.name, orders)
        held = await ledgers(tx.conn, orders)
        waiting = [ledger.order for ledger in held.values() if ledger.waiting]
        await converge(tx, waiting, blocked=await blocked_reasons(tx, orders))
    return len(orders)
