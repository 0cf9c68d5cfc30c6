"""The shop's customer groups: made, changed, deleted while nobody is in them.

Whoever puts a customer into a group takes it by `take_group`, so that it is not deleted meanwhile.
"""

from typing import Any

from sqlalchemy import delete, select, update

from services.orders.commands.inputs import GroupInput
from services.orders.queries.groups import GroupRecord, count_members, find_group, list_groups
from services.orders.tables import customer_groups
from shared.database import upsert
from shared.outbox import Transaction
from shared.problems import Invalid, Problem


class GroupTaken(Problem):
    """The shop has a group of that name."""

    slug = "group-taken"
    title = "The customer group exists"


class GroupInUse(Problem):
    """Customers are in the group."""

    slug = "group-in-use"
    title = "The customer group is in use"


async def create_group(tx: Transaction, shop: str, request: GroupInput) -> GroupRecord:
    """A new group without customers. Raises `GroupTaken`."""
    row = {"shop": shop, "name": request.name, **_columns(request)}
    if (await tx.execute(upsert(tx.conn, customer_groups, keys=["shop", "name"]).values(row))).rowcount == 0:
        raise GroupTaken(f"The shop has a customer group '{request.name}'.")
    return await find_group(tx.conn, shop, request.name)


async def update_group(tx: Transaction, shop: str, name: str, request: GroupInput) -> GroupRecord:
    """The group as the request says; its name is fixed, since customers carry it. Raises `NotFound`, `Invalid`."""
    await find_group(tx.conn, shop, name)
    if request.name != name:
        raise Invalid("The name of a customer group is fixed.", field="name")
    await tx.execute(update(customer_groups).where(*_one(shop, name)).values(_columns(request)))
    return await find_group(tx.conn, shop, name)


async def delete_group(tx: Transaction, shop: str, name: str) -> None:
    """Delete a group that nobody is in. Raises `NotFound`, `GroupInUse`."""
    await find_group(tx.conn, shop, name)
    await tx.execute(select(customer_groups.c.name).where(*_one(shop, name)).with_for_update())
    members = (await count_members(tx.conn, shop, [name])).get(name, 0)
    if members:
        raise GroupInUse(f"There are {members} customers in '{name}': put them into another group first.")
    await tx.execute(delete(customer_groups).where(*_one(shop, name)))


async def take_group(tx: Transaction, shop: str, name: str, *, field: str) -> GroupRecord:
    """The group a customer is put into, kept from deletion until the commit. Raises `Invalid`, naming the field."""
    await tx.execute(select(customer_groups.c.name).where(*_one(shop, name)).with_for_update(read=True))
    known = {group.name: group for group in await list_groups(tx.conn, shop)}
    if name not in known:
        raise Invalid(f"The shop has no customer group '{name}'.", field=field, known=list(known))
    return known[name]


def _one(shop: str, name: str) -> tuple[Any, ...]:
    return (customer_groups.c.shop == shop, customer_groups.c.name == name)


def _columns(request: GroupInput) -> dict[str, Any]:
    return request.model_dump(exclude={"name"})
