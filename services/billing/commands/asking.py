"""Write down what a provider is to be asked; a worker asks (`calls`). And what attempts to pay come to for an account.

Everything here runs under the order's lock, in the transaction of whatever made it necessary.
"""

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from services.billing.commands.accounts import set_account
from services.billing.domain import unwanted
from services.billing.domain.charging import ChargeState, Verb, pause, progress_of
from services.billing.queries.charges import Charge, charges_of
from services.billing.tables import charges, provider_calls
from shared.contracts import Order, Outcome, PaymentState
from shared.database import new_id
from shared.observability import current_traceparent
from shared.outbox import Transaction

_WANTED = frozenset({ChargeState.DUE, ChargeState.OPEN})


async def ask(
    tx: Transaction, charge: Charge, verb: Verb, *, key: str | None = None, refund: str | None = None
) -> None:
    """Have the charge's account be asked; `key` is what makes it happen once, however often it is asked."""
    id_ = new_id()
    row = {
        "id": id_,
        "shop": charge.shop,
        "order_id": charge.order_id,
        "account": charge.account,
        "charge_id": charge.id,
        "refund_id": refund,
        "verb": str(verb),
        "key": key or id_,
        "state": str(Outcome.DUE),
        "due_at": tx.now,
        "fence": 0,
        "attempts": 0,
        "unsure": False,
        "traceparent": current_traceparent(),
        "created_at": tx.now,
    }
    await tx.execute(insert(provider_calls).values(row))


async def ask_once(tx: Transaction, charge: Charge, verb: Verb, key: str, *, paced: bool = False) -> None:
    """Ask for what may happen once: not while it is under way, unknown or done.

    What was refused is asked for again under a key of its own, as a provider repeats its refusal under the old one;
    `paced`: after the pause of so many attempts, where the wish stands and comes with every look at the charge.
    """
    own = (provider_calls.c.charge_id == charge.id) & (provider_calls.c.verb == str(verb))
    calls = (await tx.execute(select(provider_calls).where(own).order_by(provider_calls.c.id))).all()
    asked = [call for call in calls if call.key == key or call.key.startswith(f"{key}:")]
    if any(call.state != Outcome.REJECTED for call in asked):
        return
    if not asked:
        await ask(tx, charge, verb, key=key)
    elif not paced or tx.now - asked[-1].created_at >= pause(len(asked), None):
        await ask(tx, charge, verb, key=f"{key}:{len(asked) + 1}")


async def look(tx: Transaction, charge: Charge) -> None:
    """Have the provider be asked how the charge stands, unless it is about to be."""
    waiting = (provider_calls.c.charge_id == charge.id) & provider_calls.c.due_at.is_not(None)
    unasked = waiting & (provider_calls.c.verb == str(Verb.LOOK)) & provider_calls.c.lease_until.is_(None)
    if (await tx.execute(select(provider_calls.c.id).where(unasked).limit(1))).first() is None:
        await ask(tx, charge, Verb.LOOK)


async def end(tx: Transaction, charge: Charge) -> None:
    """End an attempt: at once where it is only announced, else by its provider, who may find that it was paid."""
    if charge.account is not None:
        await ask_once(tx, charge, Verb.EXPIRE, f"expire:{charge.id}:{charge.state}", paced=True)
        return
    own = charges.c.id == charge.id
    await tx.execute(update(charges).where(own).values(state=str(ChargeState.EXPIRED), changed_at=tx.now))


async def end_unwanted(tx: Transaction, orders: Sequence[Order]) -> dict[str, PaymentState | None]:
    """End what is not wanted any more of these orders, which ask for no payment now; the progress of each after it.

    Money that was authorised stays so until it is captured, but for an order that is cancelled, refunded or deleted.
    """
    by_id = {order.id: order for order in orders}
    for charge in await charges_of(tx.conn, sorted(by_id)):
        order = by_id[charge.order_id]
        gone = order.deleted or unwanted(order)
        ended = _WANTED | {ChargeState.AUTHORISED, ChargeState.ANNOUNCED} if gone else _WANTED
        if charge.state in ended:
            await end(tx, charge)
    return {order: await refresh_progress(tx, order) for order in sorted(by_id)}


async def refresh_progress(tx: Transaction, order_id: str) -> PaymentState | None:
    """What the order's attempts now come to, kept on its account."""
    found = progress_of([charge.state for charge in await charges_of(tx.conn, [order_id])])
    await set_account(tx, order_id, progress=None if found is None else str(found))
    return found
