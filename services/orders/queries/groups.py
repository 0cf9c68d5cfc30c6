"""A shop's customer groups, and what a group says of the prices its customers see."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import customer_groups, customers
from shared.database import among
from shared.problems import NotFound


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A group. `price_list` is None for public prices, `prices_shown` is `gross` or `net`; `texts` by language."""

    shop: str
    name: str
    texts: dict[str, dict[str, str]]
    price_list: str | None
    prices_shown: str
    position: int


async def list_groups(conn: AsyncConnection, shop: str) -> list[GroupRecord]:
    """All groups of a shop, in the seller's order."""
    statement = select(customer_groups).where(customer_groups.c.shop == shop)
    ordered = statement.order_by(customer_groups.c.position, customer_groups.c.name)
    return [GroupRecord(**row._asdict()) for row in await conn.execute(ordered)]


async def find_group(conn: AsyncConnection, shop: str, name: str) -> GroupRecord:
    """One of them. Raises `NotFound`."""
    statement = select(customer_groups).where(customer_groups.c.shop == shop, customer_groups.c.name == name)
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(f"The shop has no customer group '{name}'.")
    return GroupRecord(**row._asdict())


async def count_members(conn: AsyncConnection, shop: str, names: Iterable[str]) -> dict[str, int]:
    """How many customers each of these groups has; one without any is left out."""
    own = (customers.c.shop == shop, among(customers.c.group_name, names))
    statement = select(customers.c.group_name, func.count()).where(*own).group_by(customers.c.group_name)
    return {row[0]: row[1] for row in await conn.execute(statement)}


def group_document(found: GroupRecord, members: int) -> dict[str, Any]:
    """A group as the API shows it."""
    return {name: value for name, value in asdict(found).items() if name != "shop"} | {"members": members}
