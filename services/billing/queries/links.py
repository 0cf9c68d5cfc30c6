"""The payment page of an order as its link opens it, and the link as operators see it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import Paid, payable, payment_fact
from services.billing.queries.ledgers import ledgers
from shared.contracts import Order, Shop
from shared.money import from_minor
from shared.security import find_shop
from shared.security.links import is_signed, order_in, payment_url


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that a client was led to, and its money."""

    order: Order
    shop: Shop
    paid: Paid

    @property
    def amount(self) -> int:
        """What is to be paid now, in minor units; nothing where the payment is correct."""
        return payable(self.order, self.paid)


async def find_asked(conn: AsyncConnection, token: str) -> Asked | None:
    """What a token opens; None for one that no shop signed, and for an order that is no longer shown."""
    order_id = order_in(token)
    if order_id is None:
        return None
    ledger = (await ledgers(conn, [order_id]))[order_id]
    if ledger.body is None:
        return None
    order = ledger.order
    shop = await find_shop(conn, order.shop)
    if shop is None or order.deleted or order.erased or not is_signed(token, shop, order_id):
        return None
    return Asked(order, shop, ledger.paid)


async def link_view(conn: AsyncConnection, order_id: str) -> dict[str, Any]:
    """`url` is a path alone where the shop has no public address, and null before its key was heard of."""
    ledger = (await ledgers(conn, [order_id]))[order_id]
    order = ledger.order
    shop = await find_shop(conn, order.shop)
    return {
        "order": order.code,
        "url": (payment_url(shop, order.id) or None) if shop else None,
        "payable": payable(order, ledger.paid) > 0,
        "amount": str(from_minor(payable(order, ledger.paid), order.currency)),
        "currency": order.currency,
        "payment": str(payment_fact(order, ledger.paid)),
        "sent": ledger.link.number if ledger.link else 0,
        "asked_at": ledger.link.asked_at.isoformat() if ledger.link else None,
    }
