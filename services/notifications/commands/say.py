"""The answer to an order, built from what is written down, never from what just happened.

Every caller has locked the orders' guard rows, so two of them cannot build the same order's answer at once.
"""

from collections.abc import Mapping

from services.notifications.domain.lifecycle import OPEN
from services.notifications.queries import Found, Standing, standings
from shared.contracts import Delivery, DeliveryItem, Outcome
from shared.outbox import Transaction


async def say(tx: Transaction, shops: Mapping[str, str]) -> None:
    """Answer these orders (id → shop) as notifications now stands to them."""
    for order, standing in (await standings(tx.conn, shops)).items():
        say_one(tx, order, shops[order], standing)


def say_one(tx: Transaction, order: str, shop: str, standing: Standing) -> None:
    """Answer one order; the core sends it if anything but the version differs from the last one."""
    items = tuple(map(_item, standing.obligations))
    tx.answer(
        Delivery(
            shop=shop,
            version=1,
            id=order,
            heard=standing.heard,
            heard_account=standing.heard_account,
            open=sum(item.outcome in OPEN for item in items),
            blocked=next(iter(standing.blocked.values()), None),
            items=items,
        )
    )


def _item(row: Found) -> DeliveryItem:
    return DeliveryItem(
        id=row.id,
        channel=row.channel,
        subject=row.subject,
        role=row.role,
        outcome=Outcome(row.state),
        at=row.changed_at,
        attempts=row.attempts,
        reference=row.reference,
        reason=row.reason,
    )
