"""What calls to webhook endpoints and browsers mean for these themselves: shut off, at peace again, forgotten.

Called by `record` in its own transaction, after the obligations were locked. An endpoint that is shut off is not called
any more, but what waits for it is claimed and rejected with that reason, so that orders are settled and a person can
have it all delivered later (`webhooks.enable`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import Counter
from sqlalchemy import delete, func, insert, update

from services.notifications.commands.alerting import alert
from services.notifications.commands.claim import Claimed, LaneKey, write_lane
from services.notifications.domain.lanes import fresh, rate_of
from services.notifications.domain.lifecycle import HORIZONS, Step, given_up
from services.notifications.domain.push import PUSH
from services.notifications.domain.results import Result, Trouble
from services.notifications.domain.webhooks import WEBHOOK
from services.notifications.tables import exchanges, push_subscriptions, webhook_endpoints
from shared.contracts import Outcome
from shared.database import UtcDateTime, among
from shared.observability import get_logger
from shared.outbox import Transaction

log = get_logger(__name__)

SHUT = Counter("comptoir_webhook_endpoints_shut", "Webhook endpoints that were shut off after failures", ["shop"])


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that came back in time, and what becomes of its obligation."""

    claimed: Claimed
    result: Result
    step: Step


async def journal_exchanges(tx: Transaction, ended: Sequence[Ended]) -> None:
    """Keep what receivers answered."""
    rows: list[dict[str, Any]] = [
        {
            "obligation_id": one.claimed.id,
            "fence": one.claimed.fence,
            "order_id": one.claimed.order_id,
            "status": one.result.exchange.status,
            "seconds": one.result.exchange.seconds,
            "said": one.result.exchange.said,
            "at": tx.now,
        }
        for one in ended
        if one.result.exchange is not None
    ]
    if rows:
        await tx.execute(insert(exchanges), rows)


async def heed(tx: Transaction, lane: LaneKey, ended: Sequence[Ended]) -> bool:
    """Draw the consequences for whom was called; whether everything that waits for it is to be looked at now."""
    if lane.channel == PUSH:
        await _heed_browsers(tx, ended)
    if lane.channel != WEBHOOK:
        return False
    reason = await _why_to_shut(tx, lane, ended)
    if reason is None:
        return False
    await shut(tx, lane, reason)
    return True


async def shut(tx: Transaction, lane: LaneKey, reason: str) -> None:
    """Call an endpoint no more, and tell the administrators; what waits for it is let through to be rejected."""
    c = webhook_endpoints.c
    values = {"disabled_at": tx.now, "disabled_reason": reason, "changed_at": tx.now}
    open_ = update(webhook_endpoints).where(c.id == lane.verb, c.disabled_at.is_(None)).values(values)
    found = (await tx.execute(open_.returning(c.url, c.description))).one_or_none()
    if found is not None:
        name = found.description or urlsplit(found.url).hostname or lane.verb
        await alert(tx, lane.shop, lane.verb, "webhook_shut", {"endpoint": name, "reason": reason})
        SHUT.labels(lane.shop).inc()
        log.error("webhooks.shut", shop=lane.shop)  # the endpoint says why
    await write_lane(tx, lane, fresh(rate_of(lane.channel, lane.verb), tx.now))


async def _why_to_shut(tx: Transaction, lane: LaneKey, ended: Sequence[Ended]) -> str | None:
    """Why the endpoint is called no more; None where it is. Notes since when it fails."""
    called = [one for one in ended if one.result.exchange is not None or one.result.trouble is not None]
    if not called:
        return None
    c = webhook_endpoints.c
    succeeded = any(one.result.outcome == Outcome.DONE for one in called)
    since = None if succeeded else func.coalesce(c.failing_since, tx.now, type_=UtcDateTime())
    values = {"failing_since": since} | ({"delivered_at": tx.now} if succeeded else {})
    noted = update(webhook_endpoints).where(c.id == lane.verb).values(values).returning(c.failing_since)
    failing_since = (await tx.execute(noted)).scalar_one_or_none()
    if any(one.result.trouble is Trouble.GONE for one in called):
        return "it answered 410 Gone"
    if any(given_up(one.step, one.result) for one in called):
        return f"every try of 75 hours failed, the last with: {called[-1].result.reason}"
    if failing_since is not None and tx.now - failing_since > HORIZONS[WEBHOOK]:
        return f"nothing was delivered for days; the last try failed with: {called[-1].result.reason}"
    return None


async def _heed_browsers(tx: Transaction, ended: Sequence[Ended]) -> None:
    """Forget subscriptions that ended, and note when one was last reached."""
    c = push_subscriptions.c
    gone, reached = [], []
    for one in ended:
        subscription = (one.claimed.payload or {}).get("subscription")
        if subscription and one.result.trouble is Trouble.GONE:
            gone.append(subscription)
        elif subscription and one.result.outcome == Outcome.DONE:
            reached.append(subscription)
    if gone:
        await tx.execute(delete(push_subscriptions).where(among(c.id, sorted(gone))))
    if reached:
        await tx.execute(update(push_subscriptions).where(among(c.id, sorted(reached))).values(delivered_at=tx.now))
