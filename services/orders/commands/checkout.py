"""A shop's checkout lists: carriers, shipping methods, pick-up points, own fields. Orders alone reads them.

What an order chose is kept on the order, so replacing the lists changes no order.
"""

from services.orders.commands.inputs import CheckoutInput
from services.orders.domain.checkout import Checkout
from services.orders.queries.checkout import find_checkout
from services.orders.tables import checkouts
from shared.database import upsert
from shared.outbox import Transaction

_LISTS = ("carriers", "shipping_methods", "pickup_points", "fields")


async def set_checkout(tx: Transaction, shop: str, request: CheckoutInput) -> Checkout:
    """The lists as they shall be."""
    row = {"shop": shop, **request.model_dump(mode="json")}
    await tx.execute(upsert(tx.conn, checkouts, keys=["shop"], update=_LISTS), [row])
    return await find_checkout(tx.conn, shop)
