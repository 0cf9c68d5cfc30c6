"""The payment link as something to be mailed: billing says how often, notifications sends each mail once."""

from typing import ClassVar

from services.billing.commands.accounts import set_account
from services.billing.commands.book import say_account
from services.billing.commands.checkout import NotPayable
from services.billing.commands.pay import hold
from services.billing.domain import payable
from shared.outbox import Transaction
from shared.problems import Problem
from shared.security import find_shop
from shared.security.links import payment_url


class NoAddress(Problem):
    """There is nowhere to send the link to, or nothing that it could begin with."""

    slug: ClassVar[str] = "no-address"
    title: ClassVar[str] = "The link cannot be mailed"


async def send_link(tx: Transaction, shop: str, code: str) -> int:
    """Have the link be mailed (again); for the how-manieth time. Raises `NotFound`, `NotPayable` or `NoAddress`."""
    ledger = await hold(tx, shop, code)
    order = ledger.order
    if not payable(order, ledger.paid):
        raise NotPayable(f"Order {order.code} asks for no payment now.")
    told = await find_shop(tx.conn, shop)
    url = payment_url(told, order.id) if told is not None else ""
    if told is None or not told.public_url or not url:
        raise NoAddress("Links are mailed below the shop's 'public_url': set it.")
    if not order.customer.email:
        raise NoAddress("The client has no mail address.")
    number = (ledger.link.number if ledger.link else 0) + 1
    await set_account(tx, order.id, link_sent=number, link_url=url, link_asked_at=tx.now)
    await say_account(tx, order.id)
    return number
