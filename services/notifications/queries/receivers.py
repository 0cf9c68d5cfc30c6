"""Webhook endpoints and push subscriptions: as the channels call them, and as the API shows them, without secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.channels.push import Subscription
from services.notifications.channels.seals import Seals
from services.notifications.channels.webhooks import Endpoint
from services.notifications.domain.webhooks import WEBHOOK
from services.notifications.queries import Found
from services.notifications.tables import attempts, exchanges, obligations, push_subscriptions, webhook_endpoints
from shared.database import Clock, Database
from shared.problems import NotFound


class EndpointRows:
    """The endpoints in the database, read again for every call: a change is heeded at once, by every replica."""

    def __init__(self, db: Database, seals: Seals, clock: Clock) -> None:
        self._db = db
        self._seals = seals
        self._clock = clock

    async def find(self, endpoint: str) -> Endpoint | None:
        async with self._db.read() as conn:
            mine = select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint)
            row = (await conn.execute(mine)).one_or_none()
        return None if row is None else opened(row, self._seals, self._clock())


class SubscriptionRows:
    """The same of browsers."""

    def __init__(self, db: Database, seals: Seals) -> None:
        self._db = db
        self._seals = seals

    async def find(self, subscription: str) -> Subscription | None:
        async with self._db.read() as conn:
            mine = select(push_subscriptions).where(push_subscriptions.c.id == subscription)
            row = (await conn.execute(mine)).one_or_none()
        return None if row is None else _browser(row, self._seals)


def _browser(row: Found, seals: Seals) -> Subscription:
    seal = seals.get()
    return Subscription(seal.open(row.address), row.p256dh, seal.open(row.auth))


def opened(row: Found, seals: Seals, now: datetime) -> Endpoint:
    """An endpoint as it is called: its secrets open, the newest first."""
    seal = seals.get()
    secrets = [seal.open(row.secret)]
    if row.previous_secret is not None and row.previous_until > now:
        secrets.append(seal.open(row.previous_secret))
    shut = "its seller switched it off" if not row.active else row.disabled_reason if row.disabled_at else None
    return Endpoint(row.url, secrets, shut)


async def find_endpoint(conn: AsyncConnection, shop: str, endpoint: str, *, lock: bool = False) -> Found:
    """An endpoint of the shop. Raises `NotFound`."""
    c = webhook_endpoints.c
    mine = select(webhook_endpoints).where(c.id == endpoint, c.shop == shop)
    row = (await conn.execute(mine.with_for_update() if lock else mine)).one_or_none()
    if row is None:
        raise NotFound("There is no such webhook endpoint.")
    return row


async def list_endpoints(conn: AsyncConnection, shop: str) -> Sequence[Found]:
    """All of the shop, oldest first."""
    c = webhook_endpoints.c
    return (await conn.execute(select(webhook_endpoints).where(c.shop == shop).order_by(c.created_at, c.id))).all()


async def find_subscription(
    conn: AsyncConnection, shop: str, subscription: str, seals: Seals
) -> tuple[Found, Subscription]:
    """A browser of the shop, as it is shown and as it is called. Raises `NotFound`."""
    c = push_subscriptions.c
    mine = select(push_subscriptions).where(c.id == subscription, c.shop == shop)
    row = (await conn.execute(mine)).one_or_none()
    if row is None:
        raise NotFound("There is no such subscription.")
    return row, _browser(row, seals)


async def list_subscriptions(conn: AsyncConnection, shop: str) -> Sequence[Found]:
    """All of the shop, oldest first."""
    c = push_subscriptions.c
    return (await conn.execute(select(push_subscriptions).where(c.shop == shop).order_by(c.created_at, c.id))).all()


async def calls_of(
    conn: AsyncConnection, endpoint: Found, limit: int, after: tuple[datetime, str] | None
) -> tuple[Sequence[Found], int]:
    """A page of calls to an endpoint, newest first, and how many there are; one more than `limit` if there are."""
    o, a, e = obligations.c, attempts.c, exchanges.c
    mine = and_(o.channel == WEBHOOK, o.shop == endpoint.shop, o.verb == endpoint.id)
    made = attempts.join(obligations, a.obligation_id == o.id)
    total = (await conn.execute(select(func.count()).select_from(made).where(mine))).scalar_one()
    answered = made.outerjoin(exchanges, and_(e.obligation_id == a.obligation_id, e.fence == a.fence))
    place = (a.started_at, a.obligation_id)
    page: Any = (
        select(a.obligation_id, o.code, a.fence, a.started_at, a.outcome, a.reason, e.status, e.seconds, e.said)
        .select_from(answered)
        .where(mine)
        .order_by(a.started_at.desc(), a.obligation_id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        page = page.where(tuple_(*place) < tuple_(*after))
    return (await conn.execute(page)).all(), total
