"""A client pays, or says how: an attempt is begun at a provider, or announced to come by other ways.

One attempt at a provider is open at a time: the same wish finds it again, another one ends it. Neighbours: `asking`
(what a provider is to do), `calls` (that it does it), `pay` (money that is there).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import insert

from services.billing.commands.asking import ask, ask_once, end, look, refresh_progress
from services.billing.commands.book import say_account
from services.billing.commands.pay import hold
from services.billing.domain import payable
from services.billing.domain.charging import ChargeState, Verb
from services.billing.domain.methods import Method
from services.billing.queries.charges import Charge, charges_by_id, charges_of, find_charge
from services.billing.queries.ledgers import Ledger
from services.billing.queries.methods import find_methods
from services.billing.tables import charges
from shared.batch import lock_keys
from shared.contracts import Order
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid, Problem

REUSED = timedelta(minutes=2)
"""A page with less time left than this is not offered again."""


class NotPayable(Problem):
    """The order asks for no money in its present status, or has it."""

    slug: ClassVar[str] = "not-payable"
    title: ClassVar[str] = "The payment is correct: nothing is to be paid"


class NothingAuthorised(Problem):
    """No payment of the order waits to be captured."""

    slug: ClassVar[str] = "nothing-authorised"
    title: ClassVar[str] = "No payment waits to be captured"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a client wants to pay. `return_to`: the payment page's own address, where a provider sends them back to."""

    method: str
    return_to: str


async def begin(tx: Transaction, shop: str, code: str, wish: Wish, account_of: Callable[[str], str | None]) -> Charge:
    """The attempt that the client goes on with: begun, found again, or announced where no provider takes part.

    Raises `NotFound`, `NotPayable`, or `Invalid` for a method that is not offered.
    """
    ledger = await hold(tx, shop, code)
    order = ledger.order
    amount = payable(order, ledger.paid)
    if not amount:
        raise NotPayable(f"Order {order.code} asks for no payment now.")
    method = await _offered(tx, shop, wish.method, account_of(shop))
    account = account_of(shop) if method.provider else None
    for known in await charges_of(tx.conn, [order.id]):
        if known.state is ChargeState.PROCESSING:
            raise NotPayable(f"A payment of order {order.code} is being processed.")
        if known.state in (ChargeState.DUE, ChargeState.OPEN, ChargeState.ANNOUNCED):
            if _is_the_same(tx, known, method, account, amount):
                return known
            await end(tx, known)
    charge = await _insert(tx, ledger, method, account, amount, wish.return_to)
    if account is not None:
        await ask(tx, charge, Verb.OPEN, key=charge.id)
    await refresh_progress(tx, order.id)
    await say_account(tx, order.id)
    return charge


async def come_back(tx: Transaction, order_id: str, charge_id: str) -> None:
    """The client is back from the provider's page: what came of it is asked for without waiting for its event."""
    await lock_keys(tx, Order.name, [order_id])
    charge = await find_charge(tx.conn, charge_id)
    if charge is not None and charge.order_id == order_id and charge.state is ChargeState.OPEN:
        await look(tx, charge)


async def capture(tx: Transaction, shop: str, code: str) -> Charge:
    """Have the money be taken that the client's bank holds for the order; a refused capture is asked for again.

    Raises `NotFound` or `NothingAuthorised`.
    """
    ledger = await hold(tx, shop, code)
    for charge in await charges_of(tx.conn, [ledger.order.id]):
        if charge.state is ChargeState.AUTHORISED:
            await ask_once(tx, charge, Verb.CAPTURE, f"capture:{charge.id}")
            return charge
    raise NothingAuthorised(f"No payment of order {ledger.order.code} waits to be captured.")


async def _offered(tx: Transaction, shop: str, wanted: str, account: str | None) -> Method:
    for method in await find_methods(tx.conn, shop):
        if method.id == wanted and method.active and (method.provider is None or account is not None):
            return method
    raise Invalid(f"The shop does not offer {wanted!r}.", field="method")


def _is_the_same(tx: Transaction, known: Charge, method: Method, account: str | None, amount: int) -> bool:
    fresh = known.expires_at is None or known.expires_at - tx.now > REUSED
    return fresh and (known.method, known.account, known.amount) == (method.id, account, amount)


async def _insert(
    tx: Transaction, ledger: Ledger, method: Method, account: str | None, amount: int, return_to: str
) -> Charge:
    order, id_ = ledger.order, new_id()
    row = {
        "id": id_,
        "shop": order.shop,
        "order_id": order.id,
        "method": method.id,
        "account": account,
        "capture_later": method.capture_later,
        "amount": amount,
        "currency": order.currency,
        "language": order.language,
        "return_to": return_to,
        "state": str(ChargeState.ANNOUNCED if account is None else ChargeState.DUE),
        "captured": 0,
        "created_at": tx.now,
        "changed_at": tx.now,
    }
    await tx.execute(insert(charges).values(row))
    return (await charges_by_id(tx.conn, [id_]))[id_]
