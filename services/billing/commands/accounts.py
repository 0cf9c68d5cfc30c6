"""Changes of an account's own columns."""

from sqlalchemy import update

from services.billing.tables import accounts
from shared.outbox import Transaction


async def set_account(tx: Transaction, order_id: str, **values: object) -> None:
    """Change the money side of an order, whose lock the caller holds."""
    await tx.execute(update(accounts).where(accounts.c.order_id == order_id).values(values))
