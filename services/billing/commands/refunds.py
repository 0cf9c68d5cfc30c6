"""Refunds through the provider that took the money: wished here, made by a worker, never guessed.

A wish may be an amount, or the total that shall have been paid back: asked again, the latter pays nothing twice. What
providers may still pay back counts as paid back already, under the order's lock. Where no provider has the money the
answer is 409, and the way by hand is left (`pay.record`).
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import func, insert, select

from services.billing.commands.asking import ask
from services.billing.commands.pay import check_credit_note, check_refundable, hold, on_their_way, read_amount
from services.billing.commands.sights import refund_row
from services.billing.domain.charging import Verb
from services.billing.queries.charges import Charge, charges_of
from services.billing.queries.ledgers import Ledger
from services.billing.tables import refunds
from shared.contracts import Outcome
from shared.database import new_id
from shared.money import from_minor
from shared.outbox import Transaction
from shared.problems import Problem


class NoProvider(Problem):
    """No provider holds enough of the order's money: pay it back by hand, and record it with a `method`."""

    slug: ClassVar[str] = "refund-not-possible"
    title: ClassVar[str] = "The order was not paid through a provider that can refund it"


@dataclass(frozen=True, slots=True)
class RefundWish:
    """`amount` to give back now, or `total` that shall have been given back, as written; one of them."""

    currency: str
    amount: str | None = None
    total: str | None = None
    document: str | None = None


async def wish_refund(tx: Transaction, shop: str, code: str, wish: RefundWish, actor: str) -> list[str]:
    """Have providers pay it back, from the newest payment on; the ids of the refunds, none where nothing is left to do.

    Raises `NotFound`, `Invalid`, `RefundTooLarge` or `NoProvider`.
    """
    ledger = await hold(tx, shop, code)
    amount = await wanted_amount(tx, ledger, wish)
    check_credit_note(ledger, wish.document)
    if not amount:
        return []
    await check_refundable(tx, ledger, amount)
    sources = await refundable_charges(tx, ledger.order.id)
    possible = sum(left for _, left in sources)
    if amount > possible:
        can = str(from_minor(possible, ledger.order.currency))
        raise NoProvider(
            f"Providers can pay back {can} {ledger.order.currency} of this order. Pay the money back by hand, by "
            "transfer for one, and record it with its 'method'.",
            refundable=can,
        )
    made = []
    for charge, left in reversed(sources):
        part = min(amount, left)
        if part:
            made.append(await _refund(tx, charge, part, wish.document, actor))
            amount -= part
    return made


async def wanted_amount(tx: Transaction, ledger: Ledger, wish: RefundWish) -> int:
    """What is to be given back now, in minor units; of a total, what is not given back or on its way yet."""
    currency = ledger.order.currency
    if wish.total is None:
        return read_amount(wish.amount or "", wish.currency, currency)
    total = read_amount(wish.total, wish.currency, currency)
    return max(0, total - ledger.paid.refunded - await on_their_way(tx.conn, ledger.order.id))


async def refundable_charges(tx: Transaction, order_id: str) -> list[tuple[Charge, int]]:
    """The charges that hold money of the order, oldest first, and how much of it can still be given back."""
    c = refunds.c
    counted = (c.order_id == order_id) & (c.state != str(Outcome.REJECTED))
    sums = select(c.charge_id, func.sum(c.amount).label("amount")).where(counted).group_by(c.charge_id)
    gone: dict[str, int] = {row.charge_id: int(row.amount) for row in await tx.execute(sums)}
    found = [(charge, charge.captured - gone.get(charge.id, 0)) for charge in await charges_of(tx.conn, [order_id])]
    return [(charge, left) for charge, left in found if left > 0 and charge.intent]


async def _refund(tx: Transaction, charge: Charge, amount: int, document: str | None, actor: str) -> str:
    id_ = new_id()
    row = await refund_row(tx, charge, id_, amount, actor, document)
    await tx.execute(insert(refunds).values(row))
    await ask(tx, charge, Verb.REFUND, key=f"refund:{charge.order_id}:{row['number']}", refund=id_)
    return id_
