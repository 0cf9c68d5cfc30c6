"""Saved views: one's own, and those that others of the shop share."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import views
from shared.problems import NotFound


@dataclass(frozen=True, slots=True)
class View:
    """A named list of orders; `query` is the part of its URL behind the question mark."""

    id: str
    shop: str
    owner: str
    name: str
    query: str
    shared: bool
    created_at: datetime
    updated_at: datetime


async def list_views(conn: AsyncConnection, shop: str, key: str) -> list[View]:
    """What this key sees, by name."""
    statement = select(views).where(_seen_by(shop, key)).order_by(views.c.name, views.c.id)
    return [View(**row._mapping) for row in await conn.execute(statement)]


async def find_view(conn: AsyncConnection, shop: str, key: str, id_: str, *, lock: bool = False) -> View:
    """One of them. Raises `NotFound`."""
    statement = select(views).where(_seen_by(shop, key), views.c.id == id_)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound(f"There is no view {id_}.")
    return View(**row._mapping)


def _seen_by(shop: str, key: str) -> ColumnElement[bool]:
    return (views.c.shop == shop) & or_(views.c.shared, views.c.owner == key)
