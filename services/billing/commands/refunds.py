"""Refunds through the provider that took the money: wished here, made by a worker, never guessed.

A wish may be an amount, or the total that shall have been paid back: asked again, the latter pays nothing twice. What
providers may still pay back counts as paid back already, under the order's lock. Where no provider has the money the
answer is 409, and the way by hand is left (`pay.record`). Neighbour: `paying_back`, what a status wishes by itself.
"""

from dataclasses import dataclass
from typing import ClassVar

from services.billing.commands.book import say_account
from services.billing.commands.pay import check_credit_note, check_refundable, hold, read_amount
from services.billing.commands.paying_back import ask_back, refundable_charges
from services.billing.queries.ledgers import Ledger
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
    amount = wanted_amount(ledger, wish)
    check_credit_note(ledger, wish.document)
    if not amount:
        return []
    check_refundable(ledger, amount)
    sources = await refundable_charges(tx, ledger.order.id)
    possible = sum(left for _, left in sources)
    if amount > possible:
        can = str(from_minor(possible, ledger.order.currency))
        raise NoProvider(
            f"Providers can pay back {can} {ledger.order.currency} of this order. Pay the money back by hand, by "
            "transfer for one, and record it with its 'method'.",
            refundable=can,
        )
    made = await ask_back(tx, sources, amount, wish.document, actor)
    await say_account(tx, ledger.order.id)
    return made


def wanted_amount(ledger: Ledger, wish: RefundWish) -> int:
    """What is to be given back now, in minor units; of a total, what is not given back or on its way yet."""
    currency = ledger.order.currency
    if wish.total is None:
        return read_amount(wish.amount or "", wish.currency, currency)
    total = read_amount(wish.total, wish.currency, currency, field="total")
    return max(0, total - ledger.paid.refunded - ledger.paid.returning)
