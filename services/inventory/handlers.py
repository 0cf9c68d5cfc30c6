"""What inventory does with a message it hears. `orders.shop.v1` is heard by shared code.

The rules about versions, locks and parking stand in `shared.batch`; here is only what an order asks of the stock.
"""

from collections.abc import Callable, Sequence

from services.inventory.commands.answers import answer_again, answer_blocked
from services.inventory.commands.orders import apply_orders
from shared.contracts import Order
from shared.outbox import Transaction


class OrderHandlers:
    """`wake` is called after a batch that served orders of others: their answers are due."""

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    async def on_order(self, tx: Transaction, orders: Sequence[Order]) -> None:
        """Newer versions: hold, release and ship what they say."""
        if await apply_orders(tx, orders):
            tx.after_commit(self._wake)

    async def on_known_order(self, tx: Transaction, orders: Sequence[str]) -> None:
        """A version that was applied already: the answer may have been lost, so say it again."""
        await answer_again(tx, orders)

    async def on_blocked_order(self, tx: Transaction, order: Order, reason: str) -> None:
        """A version that cannot be applied and is parked."""
        await answer_blocked(tx, order, reason)
