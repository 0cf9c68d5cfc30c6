"""Who is told of a shop's orders beyond its clients: webhook endpoints and subscribed browsers; and orders as told.

Most shops have none; then a batch of orders costs the first two reads.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.webhooks import WEBHOOK, Facts, Filters
from services.notifications.queries import Found
from services.notifications.tables import obligations, order_states, push_subscriptions, webhook_endpoints
from shared.database import among
from shared.security import find_shop


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint; `full`: it is told the whole order, not only which; not `active`: it is told nothing for now."""

    id: str
    full: bool
    active: bool
    filters: Filters


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that wants to hear."""

    id: str
    service: str
    language: str
    events: frozenset[str]


@dataclass(slots=True)
class Audience:
    """Of one shop; `title` is its name where browsers are to be told."""

    title: str = ""
    listeners: list[Listener] = field(default_factory=list)
    browsers: list[Browser] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class State:
    """An order as it is told. Without `facts` only its account was heard."""

    order_id: str
    shop: str
    code: str | None = None
    revision: int = 0
    version: int = 0
    facts: Facts | None = None
    order: dict[str, Any] | None = None
    account: dict[str, Any] | None = None


_e, _p = webhook_endpoints.c, push_subscriptions.c
_endpoints = select(_e.shop, _e.id, _e.format, _e.active, _e.filters).where(among(_e.shop, "shops")).order_by(_e.id)
_browsers = select(_p.shop, _p.id, _p.service, _p.language, _p.events).where(among(_p.shop, "shops")).order_by(_p.id)
_states = select(order_states).where(among(order_states.c.order_id, "ids"))
_owed = select(obligations).where(among(obligations.c.order_id, "ids"), obligations.c.channel == WEBHOOK)


def filters_of(stored: dict[str, Any]) -> Filters:
    """Filters as a row holds them."""
    lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
    return Filters(**lists, test_orders=bool(stored.get("test_orders")))


async def audiences(conn: AsyncConnection, shops: Collection[str]) -> dict[str, Audience]:
    """The audience of each of these shops that has one."""
    found: defaultdict[str, Audience] = defaultdict(Audience)
    asked = {"shops": sorted(shops)}
    for shop, id_, format_, active, filters in await conn.execute(_endpoints, asked):
        found[shop].listeners.append(Listener(id_, format_ == "full", active, filters_of(filters)))
    for shop, id_, service, language, events in await conn.execute(_browsers, asked):
        found[shop].browsers.append(Browser(id_, service, language, frozenset(events)))
    for shop, audience in found.items():
        if audience.browsers and (told := await find_shop(conn, shop)) is not None:
            audience.title = told.title
    return dict(found)


async def states(conn: AsyncConnection, orders: Collection[str]) -> dict[str, State]:
    """Those of these orders that were told, or whose account was heard."""
    rows = await conn.execute(_states, {"ids": sorted(orders)})
    return {row.order_id: _state(row) for row in rows}


async def owed(conn: AsyncConnection, orders: Collection[str]) -> dict[tuple[str, str], Found]:
    """The webhooks of these orders, by order and endpoint."""
    rows = await conn.execute(_owed, {"ids": sorted(orders)})
    return {(row.order_id, row.verb): row for row in rows}


def _state(row: Found) -> State:
    facts = None if row.facts is None else Facts.of(row.facts)
    return State(row.order_id, row.shop, row.code, row.revision, row.version, facts, row.order, row.account)
