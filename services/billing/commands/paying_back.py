"""Money on its way back through providers: what they still hold, what they were asked for, and the asking itself.

A status of type refunded pays back by itself: on entering it, once, what was kept then. Whatever no provider can give
back (money by hand), and whatever a provider refused, waits for a person; so does money that comes later. Nothing here
answers or issues: `converge` does, which calls this. Neighbours: `refunds` (what a person wishes), `asking`, `sights`
(what became of it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, insert, select

from services.billing.commands.asking import ask
from services.billing.domain import wants_back
from services.billing.domain.charging import Verb
from services.billing.queries.charges import Charge, charges_of
from services.billing.queries.ledgers import Ledger
from services.billing.tables import refunds
from shared.contracts import Order, Outcome, StatusType
from shared.database import new_id
from shared.outbox import Transaction

STATUS = "status"
"""The actor of a refund that nobody pressed a button for."""


async def pay_back_refunded(tx: Transaction, orders: Sequence[Order], held: Mapping[str, Ledger]) -> None:
    """Launch the refunds of the orders that enter a status of type refunded; `held` is how they were before."""
    for order in orders:
        ledger = held[order.id]
        if wants_back(order) and not _was_refunded(ledger) and ledger.paid.concern is None:
            await _pay_back(tx, order, ledger)


async def refundable_charges(tx: Transaction, order_id: str) -> list[tuple[Charge, int]]:
    """The charges that hold money of the order, oldest first, and how much of it can still be given back."""
    c = refunds.c
    counted = (c.order_id == order_id) & (c.state != str(Outcome.REJECTED))
    sums = select(c.charge_id, func.sum(c.amount).label("amount")).where(counted).group_by(c.charge_id)
    gone: dict[str, int] = {row.charge_id: int(row.amount) for row in await tx.execute(sums)}
    found = [(charge, charge.captured - gone.get(charge.id, 0)) for charge in await charges_of(tx.conn, [order_id])]
    return [(charge, left) for charge, left in found if left > 0 and charge.intent]


async def ask_back(
    tx: Transaction, sources: Sequence[tuple[Charge, int]], amount: int, document: str | None, actor: str
) -> list[str]:
    """Ask so much back of these charges, from the newest on; the ids of the refunds. They hold at least as much."""
    made = []
    for charge, left in reversed(sources):
        if part := min(amount, left):
            made.append(await _refund(tx, charge, part, document, actor))
            amount -= part
    return made


async def refund_row(
    tx: Transaction, charge: Charge, id_: str, amount: int, actor: str, document: str | None
) -> dict[str, Any]:
    """A refund's row, with the next number of its order."""
    own = refunds.c.order_id == charge.order_id
    last = (await tx.execute(select(func.coalesce(func.max(refunds.c.number), 0)).where(own))).scalar_one()
    return {
        "id": id_,
        "shop": charge.shop,
        "order_id": charge.order_id,
        "number": last + 1,
        "charge_id": charge.id,
        "amount": amount,
        "currency": charge.currency,
        "state": str(Outcome.DUE),
        "document_id": document,
        "actor": actor,
        "created_at": tx.now,
        "changed_at": tx.now,
    }


def _was_refunded(ledger: Ledger) -> bool:
    return ledger.body is not None and ledger.order.status.type is StatusType.REFUNDED


async def _pay_back(tx: Transaction, order: Order, ledger: Ledger) -> None:
    sources = await refundable_charges(tx, order.id)
    wanted = ledger.paid.left
    amount = min(wanted, sum(left for _, left in sources))
    if amount > 0:
        await ask_back(tx, sources, amount, None, STATUS)
        ledger.paid = replace(ledger.paid, returning=ledger.paid.returning + amount)


async def _refund(tx: Transaction, charge: Charge, amount: int, document: str | None, actor: str) -> str:
    id_ = new_id()
    row = await refund_row(tx, charge, id_, amount, actor, document)
    await tx.execute(insert(refunds).values(row))
    await ask(tx, charge, Verb.REFUND, key=f"refund:{charge.order_id}:{row['number']}", refund=id_)
    return id_
