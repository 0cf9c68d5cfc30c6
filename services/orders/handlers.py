"""What orders does with each message it hears: one function per message, the table at the foot.

Answers (`reservation`, `account`, `delivery`) become facts of the order, its timeline and perhaps an automatic change,
all in the transaction that applies them. Orders answers nothing: an equal version needs no work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import ValidationError

from services.orders.commands.catalogue import hear_products
from services.orders.commands.channels import hear_channel_orders
from services.orders.commands.hearing import hear_accounts, hear_deliveries, hear_reservations
from services.orders.commands.resending import resend_lacking
from shared.contracts import Account, ChannelOrder, Delivery, Digest, Message, Product, Reservation
from shared.observability import get_logger
from shared.outbox import Outbox, Transaction

log = get_logger(__name__)


async def on_reservation(tx: Transaction, reservations: Sequence[Reservation]) -> None:
    """What inventory holds for orders."""
    await hear_reservations(tx, reservations)


async def on_account(tx: Transaction, accounts: Sequence[Account]) -> None:
    """What was paid and invoiced."""
    await hear_accounts(tx, accounts)


async def on_delivery(tx: Transaction, deliveries: Sequence[Delivery]) -> None:
    """What left the house, or has to."""
    await hear_deliveries(tx, deliveries)


async def on_product(tx: Transaction, products: Sequence[Product]) -> None:
    """Names, prices and sold-out flips."""
    await hear_products(tx, products)


async def on_channel_order(tx: Transaction, found: Sequence[ChannelOrder]) -> None:
    """Orders as marketplaces show them."""
    await hear_channel_orders(tx, found)


class DigestHearing:
    """Hears digests: no state message, so no guard, no batch, and nothing is parked.

    Orders whose answer is missing here are said again to the service that gave it; the equal answer then comes.
    """

    def __init__(self, outbox: Outbox, limit: int) -> None:
        self._outbox = outbox
        self._limit = limit
        self._one_at_a_time = asyncio.Lock()

    async def submit(self, body: bytes) -> None:
        """Compare one page; a digest that cannot be dealt with now is dropped, for another comes in a minute."""
        try:
            digest = Digest.decode(body)
        except ValidationError as error:
            log.warning("digest.broken", error=error)
            return
        async with self._one_at_a_time:
            try:
                async with self._outbox.transaction(batch=True) as tx:
                    resent = await resend_lacking(tx, digest, self._limit)
            except Exception as error:
                log.warning("digest.failed", service=digest.service, error=error)
                return
        if resent:
            log.info("digest.resent", service=digest.service, count=resent)

    async def stop(self) -> None:
        """Nothing waits here."""


HANDLERS: dict[type[Message], Callable[[Transaction, Sequence[Any]], Awaitable[None]]] = {
    Reservation: on_reservation,
    Account: on_account,
    Delivery: on_delivery,
    Product: on_product,
    ChannelOrder: on_channel_order,
}
