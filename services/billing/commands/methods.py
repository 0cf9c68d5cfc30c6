"""A shop's list of ways to pay, replaced as a whole; orders and payments keep what they chose."""

from collections.abc import Sequence

from sqlalchemy import delete, insert

from services.billing.domain.methods import Method
from services.billing.tables import payment_methods
from shared.outbox import Transaction


async def set_methods(tx: Transaction, shop: str, methods: Sequence[Method]) -> None:
    """The list as it shall be, in this order; an empty one is the usual list again."""
    await tx.execute(delete(payment_methods).where(payment_methods.c.shop == shop))
    rows = [
        {
            "shop": shop,
            "method": method.id,
            "position": position,
            "kind": str(method.kind),
            "names": dict(method.names),
            "instructions": dict(method.instructions),
            "active": method.active,
            "provider": method.provider,
            "capture_later": method.capture_later,
        }
        for position, method in enumerate(methods)
    ]
    if rows:
        await tx.execute(insert(payment_methods), rows)
