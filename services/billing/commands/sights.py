"""Take what a provider shows of a charge: state, money, refunds, disputes, each by difference to what is known.

Taking the same sight twice changes nothing, and an older one takes nothing back: what was captured stays booked, and
only the provider's own word that a refund failed brings its money back.
"""

from typing import Any

from sqlalchemy import insert, select, update

from services.billing.commands.accounts import set_account
from services.billing.commands.asking import look, refresh_progress
from services.billing.commands.book import Movement, book, say_account
from services.billing.commands.paying_back import refund_row
from services.billing.domain import Kind
from services.billing.domain.charging import ChargeState, Reply, Seen, SeenRefund
from services.billing.queries.charges import Charge, find_charge
from services.billing.queries.ledgers import ledgers
from services.billing.tables import charges, refunds
from shared.contracts import Outcome
from shared.database import new_id
from shared.outbox import Transaction

PROVIDER = "provider"
"""The actor of what came of itself."""
DISPUTED, DISPUTE_LOST = "disputed", "dispute_lost"
REFUND_FAILED, REFUND_DIFFERS = "refund_failed", "refund_differs"
_OVER = ("won", "warning_closed")


async def take(tx: Transaction, charge: Charge, seen: Seen) -> None:
    """Bring the charge, and the account it belongs to, to what was seen. The order's lock is held."""
    state = ChargeState.CAPTURED if charge.captured else seen.state
    values: dict[str, Any] = {
        "state": str(state),
        "session": seen.session,
        "intent": seen.intent or charge.intent,
        "url": seen.url,
        "expires_at": seen.expires_at or charge.expires_at,
        "reason": seen.reason,
        "dispute": seen.dispute or charge.dispute,
    }
    await _set(tx, charge, **values)
    if seen.captured > charge.captured:
        await _captured(tx, charge, seen)
    for refund in seen.refunds:
        await refund_taken(tx, charge, refund)
    if seen.dispute is not None:
        await _disputed(tx, charge, seen.dispute)
    await _say(tx, charge)


async def rejected(tx: Transaction, charge: Charge, reason: str | None) -> None:
    """The provider gives no page for this charge."""
    await _set(tx, charge, state=str(ChargeState.REJECTED), reason=reason)
    await _say(tx, charge)


async def gone(tx: Transaction, charge: Charge, reason: str | None) -> None:
    """The provider knows nothing of this charge: no money can come of it."""
    if charge.state is not ChargeState.CAPTURED:
        await _set(tx, charge, state=str(ChargeState.EXPIRED), reason=reason)
    await _say(tx, charge)


async def look_after(tx: Transaction, charge: Charge) -> None:
    """A call was made, or refused, that shows nothing itself: look what the charge is now."""
    current = await find_charge(tx.conn, charge.id)
    if current is not None:
        await look(tx, current)


async def refund_taken(tx: Transaction, charge: Charge, seen: SeenRefund) -> None:
    """A refund that the provider shows: ours, or one of its own back office."""
    row = await _refund(tx, charge, seen)
    if row.state == Outcome.DONE:
        if seen.failed:
            await _set_refund(tx, row.id, state=str(Outcome.REJECTED), reason=seen.status)
            await book(tx, charge.order_id, _movement(Kind.RETURN, row, charge), PROVIDER)
            await set_account(tx, charge.order_id, concern=REFUND_FAILED)
            await say_account(tx, charge.order_id)
        return
    if seen.failed:
        await refund_rejected(tx, charge, row.id, seen.status)
        return
    await _set_refund(tx, row.id, state=str(Outcome.DONE), reference=seen.reference, reason=None)
    kept = (await ledgers(tx.conn, [charge.order_id]))[charge.order_id].paid.kept
    if row.amount > kept or seen.currency != charge.currency:
        await set_account(tx, charge.order_id, concern=REFUND_DIFFERS)
        await say_account(tx, charge.order_id)
        return
    await _no_concern(tx, charge.order_id, REFUND_FAILED, REFUND_DIFFERS)
    await book(tx, charge.order_id, _movement(Kind.REFUND, row, charge, seen.reference), row.actor)


async def refund_rejected(tx: Transaction, charge: Charge, refund_id: str, reason: str | None) -> None:
    """The provider will not make this refund: a person has to find another way."""
    await _set_refund(tx, refund_id, state=str(Outcome.REJECTED), reason=reason)
    await set_account(tx, charge.order_id, concern=REFUND_FAILED)
    await say_account(tx, charge.order_id)


async def refund_pending(tx: Transaction, refund_id: str, reply: Reply) -> None:
    """The refund goes on being tried; what is known of it is told."""
    await _set_refund(tx, refund_id, state=str(reply.outcome), reason=reply.reason)


async def _captured(tx: Transaction, charge: Charge, seen: Seen) -> None:
    if seen.currency != charge.currency:
        await set_account(tx, charge.order_id, concern="currency_differs")
        return
    await _set(tx, charge, captured=seen.captured, state=str(ChargeState.CAPTURED))
    reference = seen.intent or seen.session
    movement = Movement(
        Kind.CAPTURE,
        seen.captured - charge.captured,
        charge.method,
        reference[:120],
        charge.id,
        expected=charge.capture_later,
    )
    await book(tx, charge.order_id, movement, PROVIDER)


async def _disputed(tx: Transaction, charge: Charge, dispute: str) -> None:
    """A dispute stays a concern until it is won; one that is lost stays so."""
    if dispute in _OVER:
        await _no_concern(tx, charge.order_id, DISPUTED, DISPUTE_LOST)
    else:
        await set_account(tx, charge.order_id, concern=DISPUTE_LOST if dispute == "lost" else DISPUTED)


async def _no_concern(tx: Transaction, order_id: str, *concerns: str) -> None:
    """The account's concern is seen to, if it is one of these."""
    if (await ledgers(tx.conn, [order_id]))[order_id].paid.concern in concerns:
        await set_account(tx, order_id, concern=None)


async def _refund(tx: Transaction, charge: Charge, seen: SeenRefund) -> Any:
    """The row of a refund, locked by its order; one that nobody wished for here is written down."""
    ours = (refunds.c.charge_id == charge.id) & (
        (refunds.c.reference == seen.reference) | (refunds.c.id == (seen.refund_id or ""))
    )
    row = (await tx.execute(select(refunds).where(ours))).one_or_none()
    if row is None:
        id_ = new_id()
        await tx.execute(insert(refunds).values(await refund_row(tx, charge, id_, seen.amount, PROVIDER, None)))
        row = (await tx.execute(select(refunds).where(refunds.c.id == id_))).one()
    return row


def _movement(kind: Kind, row: Any, charge: Charge, reference: str | None = None) -> Movement:
    return Movement(
        kind, row.amount, charge.method, (reference or row.reference or "")[:120], charge.id, row.document_id
    )


async def _say(tx: Transaction, charge: Charge) -> None:
    await refresh_progress(tx, charge.order_id)
    await say_account(tx, charge.order_id)


async def _set(tx: Transaction, charge: Charge, **values: object) -> None:
    own = charges.c.id == charge.id
    await tx.execute(update(charges).where(own).values({**values, "changed_at": tx.now}))


async def _set_refund(tx: Transaction, refund_id: str, **values: object) -> None:
    own = refunds.c.id == refund_id
    await tx.execute(update(refunds).where(own).values({**values, "changed_at": tx.now}))
