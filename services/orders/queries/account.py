"""What the client space shows: who is signed in, the client's own data, orders as published, wishes.

Internal words (tags, group, notes, unpublished entries) never get here; `history` says what is seen of an order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.publication import IN_PROGRESS_OR_CONFIRMED
from services.orders.queries.catalogue import shop_rules
from services.orders.queries.customers import DETAILS, CustomerRecord, customer_rules
from services.orders.queries.documents import moment
from services.orders.queries.history import history_document, published_entries
from services.orders.queries.records import complete, record_of
from services.orders.tables import account_sessions, orders, products, wishes
from shared.contracts import Shop
from shared.database import among
from shared.problems import NotFound, Problem
from shared.security import find_shop, hash_key


class SpaceClosed(NotFound):
    """The shop has no client space, or there is no such shop."""

    slug = "client-space-closed"
    title = "There is no client space here"


class SignInNeeded(Problem):
    """No session, or one that has expired or was ended."""

    status = 401
    slug = "sign-in-needed"
    title = "Sign in by a link from a mail"


class OtherShop(Problem):
    """The link or the session is another shop's."""

    status = 403
    slug = "other-shop"
    title = "This belongs to another shop"


@dataclass(frozen=True, slots=True)
class Session:
    """A client who is signed in; `sha256` is of the token, which is not kept."""

    sha256: str
    shop: str
    customer_id: str


async def open_space(conn: AsyncConnection, shop: str) -> Shop:
    """The shop, if its clients have a space; without a public address no link leads there. Raises `SpaceClosed`."""
    known = await find_shop(conn, shop)
    if known is None or not known.public_url or not (await customer_rules(conn, shop)).space:
        raise SpaceClosed("The shop has no client space.")
    return known


def check_shop(actual: str, asked: str | None) -> None:
    """Refuse what `Comptoir-Shop` says is meant for another shop. Raises `OtherShop`."""
    if asked is not None and asked != actual:
        raise OtherShop(f"This is not valid in the shop '{asked}'.")


async def find_session(conn: AsyncConnection, token: str, shop: str | None, now: datetime) -> Session:
    """Who is signed in by this token. Raises `SignInNeeded`, `OtherShop`, `SpaceClosed`."""
    columns = (account_sessions.c.sha256, account_sessions.c.shop, account_sessions.c.customer_id)
    valid = and_(account_sessions.c.sha256 == hash_key(token), account_sessions.c.expires_at > now)
    row = (await conn.execute(select(*columns).where(valid))).one_or_none()
    if row is None:
        raise SignInNeeded("The session is unknown, has expired or was ended: ask for a link by mail.")
    check_shop(row.shop, shop)
    await open_space(conn, row.shop)
    return Session(*row)


def own_document(record: CustomerRecord, shop: Shop) -> dict[str, Any]:
    """What clients see of their own record."""
    return {
        "shop": shop.title,
        "email": record.email,
        "name": record.name,
        **{name: record.details.get(name) for name in DETAILS},
        "number": record.number,
        "since": moment(record.created_at),
    }


Key = tuple[datetime, str]
"""Where a page of orders begins: behind this moment and id."""


async def own_orders(
    conn: AsyncConnection, session: Session, shop: Shop, limit: int, after: Key | None
) -> tuple[list[dict[str, Any]], Key | None]:
    """A page of the client's orders, newest first, as far as payment or the seller let them be seen; and the next.

    Statuses are there where the shop publishes histories.
    """
    place = (orders.c.placed_at, orders.c.id)
    statement = select(*orders.c).where(*_seen(session)).order_by(*(column.desc() for column in place))
    if after is not None:
        values = (literal(value, column.type) for value, column in zip(after, place, strict=True))
        statement = statement.where(tuple_(*place) < tuple_(*values))
    records = [record_of(row) for row in await conn.execute(statement.limit(limit + 1))]
    page = await complete(conn, records[:limit])
    published = {}
    if (await shop_rules(conn, session.shop)).publish_histories:
        published = await published_entries(conn, [record.id for record in page])
    items = [history_document(record, published.get(record.id, []), shop) for record in page]
    more = len(records) > limit
    return items, (page[-1].placed_at, page[-1].id) if more else None


async def count_own_orders(conn: AsyncConnection, session: Session) -> int:
    """How many orders the client sees in all."""
    total: int = (await conn.execute(select(func.count()).select_from(orders).where(*_seen(session)))).scalar_one()
    return total


def _seen(session: Session) -> list[ColumnElement[bool]]:
    """As `domain.publication.is_shown` says, of orders that are there."""
    paying = and_(orders.c.shown == "automatic", among(orders.c.payment, sorted(IN_PROGRESS_OR_CONFIRMED)))
    return [
        orders.c.customer_id == session.customer_id,
        orders.c.deleted_at.is_(None),
        orders.c.erased.is_(False),
        or_(orders.c.shown == "shown", paying),
    ]


_SHOWN = ("title", "price", "currency", "sold_out", "deleted")


async def list_wishes(conn: AsyncConnection, session: Session) -> list[dict[str, Any]]:
    """The wish list, the newest first, with what is known of each product; one that is gone is `available: false`."""
    known = and_(products.c.sku == wishes.c.sku, products.c.shop == session.shop)
    statement = (
        select(wishes.c.sku, wishes.c.added_at, *(products.c[name] for name in _SHOWN))
        .outerjoin_from(wishes, products, known)
        .where(wishes.c.customer_id == session.customer_id)
        .order_by(wishes.c.added_at.desc(), wishes.c.sku)
    )
    return [_wish(row) for row in await conn.execute(statement)]


def _wish(row: Any) -> dict[str, Any]:
    return {
        "sku": row.sku,
        "added_at": moment(row.added_at),
        "name": row.title,
        "price": None if row.price is None else f"{row.price:f}",
        "currency": row.currency,
        "available": not (row.title is None or row.deleted or row.sold_out),
    }
