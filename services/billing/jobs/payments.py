"""The worker that talks to payment providers, the look at payments that went without one for too long,
and the matching of payouts with orders that came after them.

Claim, call, write down: nothing slow happens in a transaction. A call that broke in an unexpected way is unknown, and
the next attempt asks the provider first, or sends the same Idempotency-Key.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from opentelemetry.trace import SpanKind
from prometheus_client import Counter
from sqlalchemy import or_, select

from services.billing.commands.asking import look
from services.billing.commands.calls import PATIENCE, Claim, any_due, claim_calls, finish_calls
from services.billing.commands.payouts import match_later
from services.billing.domain.charging import ChargeState, Reply, Verb
from services.billing.payments.providers import Providers
from services.billing.payments.stripe import Opening, Refunding, Stripe
from services.billing.queries.charges import charges_by_id
from services.billing.settings import Settings
from services.billing.tables import charges
from shared.batch import lock_keys
from shared.contracts import Order, Outcome
from shared.crashpoints import crash_point
from shared.observability import get_logger, span
from shared.outbox import Outbox

log = get_logger(__name__)

PAGE = 50
LEASE_USED = 0.8
"""The part of a lease within which a call must end, so that its outcome is written while the lease still holds."""
SESSION_LIFE = timedelta(minutes=31)
"""Stripe ends a session after 30 minutes at the earliest; a client who left does not hold the goods for longer."""
UNFINISHED = [str(state) for state in (ChargeState.OPEN, ChargeState.PROCESSING, ChargeState.AUTHORISED)]

CALLS = Counter("comptoir_provider_calls", "Calls to payment providers by their outcome", ["verb", "outcome"])


async def match_payouts(outbox: Outbox, issued: Callable[[], object]) -> None:
    """Lines of payouts whose orders have been heard of since, a page a transaction."""
    found = PAGE
    while found == PAGE:
        async with outbox.transaction(batch=True) as tx:
            found, documents = await match_later(tx, PAGE)
            if documents:
                tx.after_commit(issued)


class Cashier:
    """Makes the calls of one process until none is due."""

    def __init__(self, outbox: Outbox, providers: Providers, settings: Settings) -> None:
        self._outbox = outbox
        self._providers = providers
        self._batch = settings.provider_batch
        self._lease = timedelta(seconds=settings.provider_lease_seconds)
        self._unseen = timedelta(minutes=settings.look_minutes)

    async def run(self) -> None:
        """A batch a turn; the calls of a batch are made side by side."""
        while claims := await self._claim():
            crash_point("billing.call_claimed")
            replies = await asyncio.gather(*(self._attempt(claim) for claim in claims))
            crash_point("billing.called")
            async with self._outbox.transaction() as tx:
                await finish_calls(tx, list(zip(claims, replies, strict=True)))

    async def look_again(self) -> None:
        """Have every unfinished payment be looked at that ended by now, or that nothing was heard of for a while."""
        async with self._outbox.transaction(batch=True) as tx:
            over = (charges.c.state == str(ChargeState.OPEN)) & (charges.c.expires_at <= tx.now)
            late = or_(charges.c.changed_at <= tx.now - self._unseen, over)
            quiet = charges.c.changed_at <= tx.now - timedelta(seconds=30)
            unfinished = charges.c.state.in_(UNFINISHED) & late & quiet
            rows = (
                await tx.execute(select(charges).where(unfinished).order_by(charges.c.changed_at).limit(PAGE))
            ).all()
            await lock_keys(tx, Order.name, [row.order_id for row in rows])
            for charge in (await charges_by_id(tx.conn, [row.id for row in rows])).values():
                await look(tx, charge)

    async def _claim(self) -> list[Claim]:
        async with self._outbox.db.read() as conn:
            if not await any_due(conn, self._outbox.clock()):
                return []
        async with self._outbox.transaction() as tx:
            return await claim_calls(tx, self._batch, self._lease)

    async def _attempt(self, claim: Claim) -> Reply:
        with span(f"{claim.verb} payment", parent=claim.traceparent, kind=SpanKind.CLIENT) as current:
            current.set_attribute("comptoir.attempt", claim.attempt)
            try:
                async with asyncio.timeout(self._lease.total_seconds() * LEASE_USED):
                    reply = await self._call(claim)
            except TimeoutError:
                reply = Reply(Outcome.UNKNOWN, "no end within the lease")
            except Exception as error:  # a fault of ours: nobody knows how far the call came
                log.error("provider.broken", verb=claim.verb, exc_info=error)
                reply = Reply(Outcome.UNKNOWN, f"internal error: {type(error).__name__}")
            current.set_attribute("comptoir.outcome", str(reply.outcome))
        CALLS.labels(str(claim.verb), str(reply.outcome)).inc()
        return reply

    async def _call(self, claim: Claim) -> Reply:
        provider = self._providers.find(claim.charge.account or "")
        if provider is None:
            return Reply(Outcome.RETRY, f"the account {claim.charge.account!r} is not set up")
        if claim.verb is Verb.OPEN:
            return await provider.open(_opening(claim), claim.key)
        if claim.verb is Verb.REFUND:
            return await provider.refund(_refunding(claim))
        return await _about_session(provider, claim)


async def _about_session(provider: Stripe, claim: Claim) -> Reply:
    charge = claim.charge
    if charge.session is None:
        return Reply(Outcome.REJECTED, "the provider never opened it")
    if claim.verb is Verb.LOOK:
        return await provider.look(charge.session)
    if claim.verb is Verb.CAPTURE:
        return await _capture(provider, claim, charge.session)
    if charge.state is ChargeState.AUTHORISED:
        return await provider.cancel(charge.intent or "", claim.key)
    return await provider.expire(charge.session, claim.key)


async def _capture(provider: Stripe, claim: Claim, session: str) -> Reply:
    """Take the money; where an earlier attempt may have, the payment is looked at first."""
    if claim.unsure:
        found = await provider.look(session)
        if found.seen is None or found.seen.state is not ChargeState.AUTHORISED:
            return found
    return await provider.capture(claim.charge.intent or "", claim.key)


def _opening(claim: Claim) -> Opening:
    charge, order = claim.charge, claim.order
    return Opening(
        charge_id=charge.id,
        order_id=order.id,
        code=order.code,
        title=claim.shop.title if claim.shop else order.shop,
        amount=charge.amount,
        currency=charge.currency,
        language=charge.language,
        email=order.customer.email,
        return_to=charge.return_to,
        expires_at=charge.created_at + PATIENCE + SESSION_LIFE,
        capture_later=charge.capture_later,
    )


def _refunding(claim: Claim) -> Refunding:
    return Refunding(
        refund_id=claim.refund_id or "",
        code=claim.order.code,
        intent=claim.charge.intent or "",
        amount=claim.refund_amount,
        currency=claim.charge.currency,
        key=claim.key,
        ask_first=claim.unsure,
    )
