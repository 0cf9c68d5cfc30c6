"""The ways to pay that a shop offers: its own list, or the usual one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import is_marketplace
from services.billing.domain.methods import USUAL, Method, MethodKind
from services.billing.tables import payment_methods, payments
from shared.contracts import Order


async def find_methods(conn: AsyncConnection, shop: str) -> Sequence[Method]:
    """In the shop's own order."""
    own = payment_methods.c.shop == shop
    rows = (await conn.execute(select(payment_methods).where(own).order_by(payment_methods.c.position))).all()
    if not rows:
        return USUAL
    return [
        Method(
            row.method,
            MethodKind(row.kind),
            row.names,
            row.instructions,
            row.active,
            row.provider,
            row.capture_later,
        )
        for row in rows
    ]


async def known_methods(conn: AsyncConnection, order: Order) -> list[str]:
    """What money of an order is recorded under by hand: the shop's methods, inactive ones too, and the usual kinds.

    An order of a marketplace has that one, too, and every order whatever its money moved by already.
    """
    listed = [method.id for method in await find_methods(conn, order.shop)]
    market = [str(order.channel)] if is_marketplace(order) else []
    moved = select(payments.c.method).where(payments.c.order_id == order.id).distinct().order_by(payments.c.method)
    return list(dict.fromkeys([*listed, *map(str, MethodKind), *market, *(await conn.execute(moved)).scalars()]))


def method_view(method: Method, *, account: bool) -> dict[str, Any]:
    """As the API shows it; `available`: clients can choose it now. `account`: the shop has one at a provider."""
    return {
        "id": method.id,
        "kind": str(method.kind),
        "names": dict(method.names),
        "instructions": dict(method.instructions),
        "active": method.active,
        "provider": method.provider,
        "capture": "later" if method.capture_later else "now",
        "available": method.active and (method.provider is None or account),
    }
