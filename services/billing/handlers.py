"""What billing does with a message it hears. `orders.shop.v1` is heard by shared code.

The rules about versions, locks and parking stand in `shared.batch`; here is only what an order asks of the money.
"""

from collections.abc import Callable, Sequence

from services.billing.commands.answers import answer_blocked
from services.billing.commands.converge import converge
from shared.contracts import Order
from shared.outbox import Transaction


class OrderHandlers:
    """`issued` is called after a batch that issued documents: their PDFs are due."""

    def __init__(self, issued: Callable[[], object]) -> None:
        self._issued = issued

    async def on_order(self, tx: Transaction, orders: Sequence[Order]) -> None:
        """Newer versions: invoice and credit what they ask."""
        if await converge(tx, orders):
            tx.after_commit(self._issued)

    async def on_blocked_order(self, tx: Transaction, order: Order, reason: str) -> None:
        """A version that cannot be applied and is parked."""
        await answer_blocked(tx, order, reason)
