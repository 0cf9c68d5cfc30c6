"""One function per message heard. They write obligations and answer; nothing leaves the house here (see `jobs`).

Hearing an account tells orders that notifications is up to date with it; webhooks tell of it, and a payment link may
have to be mailed. Mails wait for the documents that it names.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from services.notifications.commands.channel_orders import hear_of_orders
from services.notifications.commands.converge import converge
from services.notifications.commands.inviting import invite
from services.notifications.commands.papers import note_accounts
from services.notifications.commands.payment_links import request_payments
from services.notifications.commands.say import say, say_one
from services.notifications.commands.stock import hear_products
from services.notifications.commands.telling import tell_accounts
from services.notifications.queries import standings
from shared.batch import lock_keys
from shared.contracts import Account, Delivery, Message, Order, Product, SignIn
from shared.outbox import Transaction

Patience = Callable[[], timedelta | None]
"""How long a mail may wait for documents; None: there is no way to them."""


def on_order(
    nudge: Callable[[], object], patience: Patience
) -> Callable[[Transaction, Sequence[Order]], Awaitable[None]]:
    """The handler of orders; `nudge` wakes the worker once new obligations are committed."""

    async def heard(tx: Transaction, orders: Sequence[Order]) -> None:
        await hear_of_orders(tx, orders)
        if await converge(tx, orders, patience()):
            tx.after_commit(nudge)

    return heard


def on_sign_in(nudge: Callable[[], object]) -> Callable[[Transaction, Sequence[SignIn]], Awaitable[None]]:
    """The handler of clients' ways into the client space: each is mailed, and answered to nobody."""

    async def heard(tx: Transaction, ways: Sequence[SignIn]) -> None:
        await invite(tx, ways)
        tx.after_commit(nudge)

    return heard


def on_product(nudge: Callable[[], object]) -> Callable[[Transaction, Sequence[Product]], Awaitable[None]]:
    """The handler of products: marketplaces are told how many are free; `nudge` wakes the worker for it."""

    async def heard(tx: Transaction, products: Sequence[Product]) -> None:
        if await hear_products(tx, products):
            tx.after_commit(nudge)

    return heard


def on_account(
    nudge: Callable[[], object], patience: Patience
) -> Callable[[Transaction, Sequence[Account]], Awaitable[None]]:
    """The handler of accounts: says which version was heard, has webhooks tell of it, payment links and documents
    mailed."""

    async def heard(tx: Transaction, accounts: Sequence[Account]) -> None:
        ids = [account.id for account in accounts]
        await lock_keys(tx, Order.name, ids)
        if await tell_accounts(tx, accounts):
            tx.after_commit(nudge)
        found = await standings(tx.conn, ids)
        asked = await request_payments(tx, accounts, found)
        if patience() is not None and await note_accounts(tx, accounts, found):
            asked = True
        if asked:
            tx.after_commit(nudge)
            found = await standings(tx.conn, ids)
        for account in accounts:
            standing = found[account.id]
            standing.heard_account = account.version
            standing.blocked.pop(Account.name, None)
            say_one(tx, account.id, account.shop, standing)

    return heard


async def again(tx: Transaction, orders: Sequence[str]) -> None:
    """An equal version came: say again what was said, or what should have been."""
    await lock_keys(tx, Order.name, orders)
    said = {order: Delivery.decode(body) for order, body in (await tx.answers(orders)).items()}
    for answer in said.values():
        tx.send(answer)
    await say(tx, {order: answer.shop for order, answer in said.items()})


async def blocked(tx: Transaction, message: Message, _reason: str) -> None:
    """A message was parked: the answer says so (the reason stands beside the parked message)."""
    await lock_keys(tx, Order.name, [message.key])
    await say(tx, {message.key: message.shop})
