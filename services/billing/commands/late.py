"""What a person decides about money that came late, twice, too much, or in dispute.

`refund` gives back what the order does not ask for, `keep` says that the money is right as it is. The third choice,
to revive a cancelled order, is a change of its status: billing hears of it, and the money is not late any more.
"""

from typing import ClassVar, Literal

from services.billing.commands.accounts import set_account
from services.billing.commands.book import say_account
from services.billing.commands.pay import hold
from services.billing.commands.refunds import RefundWish, wish_refund
from services.billing.domain import choices, excess
from shared.money import from_minor
from shared.outbox import Transaction
from shared.problems import Problem

Choice = Literal["refund", "keep"]


class NoSuchChoice(Problem):
    """The money does not ask for this decision, or not any more."""

    slug: ClassVar[str] = "no-such-choice"
    title: ClassVar[str] = "There is nothing to decide so"


async def choose(tx: Transaction, shop: str, code: str, choice: Choice, actor: str) -> list[str]:
    """Act on the decision; the ids of the refunds that a provider is to make.

    Raises `NotFound`, `NoSuchChoice`, or `NoProvider` where the money has to go back by hand.
    """
    ledger = await hold(tx, shop, code)
    order, offered = ledger.order, choices(ledger.order, ledger.paid)
    if choice not in offered:
        raise NoSuchChoice(f"The choices are: {', '.join(offered) or 'none'}.", choices=list(offered))
    if choice == "keep":
        await set_account(tx, order.id, late=False, concern=None)
        await say_account(tx, order.id)
        return []
    amount = excess(order, ledger.paid) - ledger.paid.returning
    if amount <= 0:
        return []
    return await wish_refund(tx, shop, code, RefundWish(order.currency, str(from_minor(amount, order.currency))), actor)
