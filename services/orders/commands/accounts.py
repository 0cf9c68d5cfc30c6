"""Ways into the client space: a link by mail, which opens one session. No password, and only hashes are kept.

Asking for a link does the same work whoever asks, so that nobody learns whether an address is known; a job
(`send_links`) then makes the links of those who have an account, within limits. Mailing is notifications'.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.account import SpaceClosed, check_shop, open_space
from services.orders.queries.customers import CustomerRecord, customer_of
from services.orders.settings import Settings
from services.orders.tables import account_links, account_requests, account_sessions, customers
from shared.contracts import Shop, SignIn
from shared.database import among, upsert
from shared.outbox import Transaction
from shared.problems import NotFound, Problem
from shared.security import hash_key

PREFIX = "cs_"
"""Of every session made here, so that secret scanners know it."""
KEPT = timedelta(days=1)
"""How long a used or expired link is known, so that it can be told from one that never was."""
_HOUR = timedelta(hours=1)


class LinkUnknown(NotFound):
    """Nobody was mailed this link, or it is long gone."""

    slug = "account-link-unknown"
    title = "The link is not known"


class LinkUsed(Problem):
    """A link opens one session."""

    status = 410
    slug = "account-link-used"
    title = "The link was used already"


class LinkExpired(Problem):
    """A link is good for minutes."""

    status = 410
    slug = "account-link-expired"
    title = "The link has expired"


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is good: its shop and whose it is."""

    shop: Shop
    customer_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun; `token` is told once and not kept."""

    shop: str
    token: str
    expires_at: datetime


async def ask_for_link(tx: Transaction, shop: str, email: str) -> None:
    """Note that somebody with this address wants in, whether or not anybody has it. Raises `SpaceClosed`."""
    await open_space(tx.conn, shop)
    row = {"shop": shop, "email": email.lower(), "asked_at": tx.now}
    await tx.execute(upsert(tx.conn, account_requests, keys=["shop", "email"]), [row])


async def send_links(tx: Transaction, settings: Settings, limit: int) -> int:
    """Deal with up to `limit` requests: a new link for each client with an account who may have one now."""
    key = (account_requests.c.shop, account_requests.c.email)
    oldest = select(*key).order_by(account_requests.c.asked_at, *key).limit(limit)
    asked = [(row.shop, row.email) for row in await tx.execute(oldest.with_for_update(skip_locked=True))]
    if not asked:
        return 0
    await tx.execute(delete(account_requests).where(tuple_(*key).in_(asked)))
    for shop in sorted({shop for shop, _email in asked}):
        await _send(tx, settings, shop, [email for name, email in asked if name == shop])
    return len(asked)


async def _send(tx: Transaction, settings: Settings, name: str, emails: Sequence[str]) -> None:
    try:
        shop = await open_space(tx.conn, name)
    except SpaceClosed:
        return
    own = (customers.c.shop == name, customers.c.account, among(customers.c.email, emails))
    statement = select(customers).where(*own).order_by(customers.c.email).with_for_update()
    clients = [customer_of(row) for row in await tx.execute(statement)]
    allowed = await _within_limits(tx, settings, name, clients)
    for client in allowed:
        await _link(tx, settings, shop, client)


async def _within_limits(
    tx: Transaction, settings: Settings, shop: str, clients: Sequence[CustomerRecord]
) -> list[CustomerRecord]:
    recent = account_links.c.created_at > tx.now - _HOUR
    of_shop = select(func.count()).select_from(account_links).where(account_links.c.shop == shop, recent)
    left = settings.account_links_per_shop - (await tx.execute(of_shop)).scalar_one()
    ids = [client.id for client in clients]
    of_client = select(account_links.c.customer_id, func.count().label("links"))
    counted = of_client.where(among(account_links.c.customer_id, ids), recent).group_by(account_links.c.customer_id)
    made = {row.customer_id: row.links for row in await tx.execute(counted)}
    allowed = [client for client in clients if made.get(client.id, 0) < settings.account_links_per_hour]
    return allowed[: max(0, left)]


async def _link(tx: Transaction, settings: Settings, shop: Shop, client: CustomerRecord) -> None:
    token = secrets.token_urlsafe(32)
    expires = tx.now + timedelta(minutes=settings.account_link_minutes)
    row = {"sha256": hash_key(token), "shop": shop.shop, "customer_id": client.id, "created_at": tx.now}
    await tx.execute(account_links.insert(), [row | {"expires_at": expires}])
    way = SignIn(
        shop=shop.shop,
        version=await next_way_in(tx, client.id),
        id=client.id,
        email=client.email,
        client=client.name,
        language=client.language or (shop.languages[0] if shop.languages else "en"),
        link=f"{shop.public_url.rstrip('/')}/a/{token}",
        expires_at=expires,
    )
    tx.send(way)


async def next_way_in(tx: Transaction, id_: str) -> int:
    """The version of the next `orders.sign_in.v1` about this client, whose row is locked."""
    raised = update(customers).where(customers.c.id == id_).values(ways_in=customers.c.ways_in + 1)
    version: int = (await tx.execute(raised.returning(customers.c.ways_in))).scalar_one()
    return version


async def find_link(conn: AsyncConnection, token: str, shop: str | None, now: datetime) -> Link:
    """What a link would open; mail scanners look at links, too, so this uses up nothing.

    Raises `LinkUnknown`, `LinkUsed`, `LinkExpired`, `OtherShop`, `SpaceClosed`.
    """
    known = select(account_links).where(account_links.c.sha256 == hash_key(token))
    row = (await conn.execute(known)).one_or_none()
    if row is None:
        raise LinkUnknown("The link is not known: ask for another.")
    check_shop(row.shop, shop)
    told = await open_space(conn, row.shop)
    if row.used_at is not None:
        raise _used()
    if row.expires_at <= now:
        raise LinkExpired("The link has expired: ask for another.")
    return Link(told, row.customer_id, row.expires_at)


async def follow_link(tx: Transaction, settings: Settings, token: str, shop: str | None = None) -> Opened:
    """Use the link up and begin a session. Raises as `find_link` does."""
    link = await find_link(tx.conn, token, shop, tx.now)
    unused = (account_links.c.sha256 == hash_key(token)) & account_links.c.used_at.is_(None)
    if (await tx.execute(update(account_links).where(unused).values(used_at=tx.now))).rowcount == 0:
        raise _used()
    secret = PREFIX + secrets.token_urlsafe(32)
    opened = Opened(link.shop.shop, secret, tx.now + timedelta(days=settings.account_session_days))
    row = {"sha256": hash_key(secret), "shop": opened.shop, "customer_id": link.customer_id}
    await tx.execute(account_sessions.insert(), [row | {"created_at": tx.now, "expires_at": opened.expires_at}])
    return opened


def _used() -> LinkUsed:
    return LinkUsed("The link opens once, and was used: ask for another.")


async def end_session(tx: Transaction, sha256: str) -> None:
    """The token opens nothing any more."""
    await tx.execute(delete(account_sessions).where(account_sessions.c.sha256 == sha256))


async def end_sessions(tx: Transaction, customer_id: str) -> None:
    """Nothing that this client holds opens anything any more: no session, no link."""
    for table in (account_sessions, account_links):
        await tx.execute(delete(table).where(table.c.customer_id == customer_id))


async def forget_expired(tx: Transaction) -> None:
    """Links and sessions that have been over for a while."""
    for table in (account_sessions, account_links):
        await tx.execute(delete(table).where(table.c.expires_at < tx.now - KEPT))
