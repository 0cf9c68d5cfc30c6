"""What a seller does with webhook endpoints: make, change, give a new secret, enable again, replay, remove.

Secrets are sealed before they come to rest and told once. Whatever waits for an endpoint is an obligation (`telling`);
here it is only made due, and the worker does the rest.
"""

import secrets as randomness
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import and_, delete, func, insert, select, update

from services.notifications.channels.sealing import Seal
from services.notifications.commands.inputs import EndpointInput, ReplayInput
from services.notifications.domain.addresses import BadAddress, check_url
from services.notifications.domain.signing import new_secret
from services.notifications.domain.webhooks import WEBHOOK
from services.notifications.queries import Found
from services.notifications.queries.receivers import find_endpoint
from services.notifications.tables import lanes, obligations, order_states, push_subscriptions, webhook_endpoints
from shared.contracts import Outcome
from shared.database import among
from shared.outbox import Transaction
from shared.problems import Invalid, Problem

MOST = 20
"""Endpoints of a shop: each is told of every order."""
REPLAYED = frozenset({Outcome.DONE, Outcome.REJECTED, Outcome.OBSOLETE})


class TooMany(Problem):
    """The shop has as many endpoints as it may."""

    slug: ClassVar[str] = "too-many-endpoints"
    title: ClassVar[str] = "The shop has as many endpoints as it may"


class NotEnabled(Problem):
    """The endpoint is switched off, by its seller or by us; nothing would be sent."""

    slug: ClassVar[str] = "endpoint-off"
    title: ClassVar[str] = "The endpoint is off"


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint and its secret, which is told this once."""

    row: Found
    secret: str


def checked(url: str, *, loopback: bool) -> str:
    """The address, if it may be called. Raises `Invalid`."""
    try:
        check_url(url, loopback=loopback)
    except BadAddress as error:
        raise Invalid(f"The address {error}.", field="url") from error
    return url


async def create(tx: Transaction, shop: str, wanted: EndpointInput, seal: Seal) -> Made:
    """A new endpoint; it is told of what happens from now on."""
    c = webhook_endpoints.c
    if (await tx.execute(select(func.count()).where(c.shop == shop))).scalar_one() >= MOST:
        raise TooMany(f"A shop has at most {MOST} webhook endpoints: remove one first.")
    secret = new_secret()
    row = {
        "id": f"we_{randomness.token_hex(8)}",
        "shop": shop,
        **_values(wanted),
        "secret": seal.close(secret),
        "created_at": tx.now,
        "changed_at": tx.now,
    }
    await tx.execute(insert(webhook_endpoints).values(row))
    return Made(await find_endpoint(tx.conn, shop, row["id"]), secret)


async def change(tx: Transaction, shop: str, endpoint: str, wanted: EndpointInput) -> Found:
    """The endpoint as it shall be; its secret stays."""
    await find_endpoint(tx.conn, shop, endpoint, lock=True)
    await _update(tx, endpoint, {**_values(wanted), "changed_at": tx.now})
    if not wanted.active:
        await _let_through(tx, shop, endpoint)
    return await find_endpoint(tx.conn, shop, endpoint)


async def remove(tx: Transaction, shop: str, endpoint: str) -> None:
    """Forget the endpoint; what waits for it is looked at once more, and rejected since there is nobody."""
    await find_endpoint(tx.conn, shop, endpoint, lock=True)
    c = webhook_endpoints.c
    await tx.execute(delete(webhook_endpoints).where(c.id == endpoint))
    await _let_through(tx, shop, endpoint)
    listening = (
        select(c.id)
        .where(c.shop == shop)
        .union_all(select(push_subscriptions.c.id).where(push_subscriptions.c.shop == shop))
    )
    if (await tx.execute(listening.limit(1))).first() is None:
        await tx.execute(delete(order_states).where(order_states.c.shop == shop))


async def rotate(tx: Transaction, shop: str, endpoint: str, overlap_hours: int, seal: Seal) -> Made:
    """A new secret. The old one goes on signing for so many hours; one before it ends now."""
    row = await find_endpoint(tx.conn, shop, endpoint, lock=True)
    secret = new_secret()
    until = tx.now + timedelta(hours=overlap_hours)
    values = {"secret": seal.close(secret), "previous_secret": row.secret, "previous_until": until}
    await _update(tx, endpoint, values | {"changed_at": tx.now})
    return Made(await find_endpoint(tx.conn, shop, endpoint), secret)


async def enable(tx: Transaction, shop: str, endpoint: str) -> tuple[Found, int]:
    """Call it again after it was shut off, and deliver the newest state of all that was rejected; how many."""
    await find_endpoint(tx.conn, shop, endpoint, lock=True)
    values = {"disabled_at": None, "disabled_reason": None, "failing_since": None, "changed_at": tx.now}
    await _update(tx, endpoint, values)
    await _clear_lane(tx, shop, endpoint)
    o = obligations.c
    rejected = and_(o.channel == WEBHOOK, o.shop == shop, o.verb == endpoint, o.state == str(Outcome.REJECTED))
    count = await _make_due(tx, and_(rejected, o.payload.is_not(None)))
    return await find_endpoint(tx.conn, shop, endpoint), count


async def replay(tx: Transaction, shop: str, endpoint: str, wanted: ReplayInput) -> int:
    """Send what was delivered or given up in a range once more, as it now is; how many.

    What waits already is left as it is. A dry run only counts.
    """
    row = await find_endpoint(tx.conn, shop, endpoint)
    if not wanted.dry_run and (row.disabled_at is not None or not row.active):
        raise NotEnabled("Enable the endpoint first.")
    o = obligations.c
    chosen = and_(
        o.channel == WEBHOOK,
        o.shop == shop,
        o.verb == endpoint,
        o.due_at.is_(None),
        o.payload.is_not(None),
        o.asked_at >= wanted.since,
        o.asked_at < wanted.before(tx.now),
        among(o.state, [str(state) for state in REPLAYED]),
    )
    if wanted.order is not None:
        chosen = and_(chosen, o.code == wanted.order)
    if wanted.dry_run:
        return int((await tx.execute(select(func.count()).where(chosen))).scalar_one())
    return await _make_due(tx, chosen)


async def _make_due(tx: Transaction, chosen: Any) -> int:
    """Due now, with all tries before them. The state stays what it was until a call changes it."""
    values = {"due_at": tx.now, "since": tx.now, "attempts": 0}
    return (await tx.execute(update(obligations).where(chosen).values(values))).rowcount


async def _let_through(tx: Transaction, shop: str, endpoint: str) -> None:
    """What waits for an endpoint that is called no more is taken now, to be rejected with the reason."""
    o = obligations.c
    waiting = and_(o.channel == WEBHOOK, o.shop == shop, o.verb == endpoint, o.due_at.is_not(None))
    await tx.execute(update(obligations).where(waiting).values(due_at=tx.now))
    await _clear_lane(tx, shop, endpoint)


async def _clear_lane(tx: Transaction, shop: str, endpoint: str) -> None:
    """Whatever is done by hand starts afresh: no breaker, no silence."""
    c = lanes.c
    await tx.execute(delete(lanes).where(c.channel == WEBHOOK, c.shop == shop, c.verb == endpoint))


async def _update(tx: Transaction, endpoint: str, values: dict[str, Any]) -> None:
    await tx.execute(update(webhook_endpoints).where(webhook_endpoints.c.id == endpoint).values(values))


def _values(wanted: EndpointInput) -> dict[str, Any]:
    return {
        "url": wanted.url,
        "description": wanted.description,
        "active": wanted.active,
        "format": str(wanted.format),
        "filters": wanted.filters.stored(),
    }
