"""Saving lists of orders under a name. A shared view is seen by the shop's other keys, and changed by its owner."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from sqlalchemy import delete, select, update

from services.orders.commands.inputs.fields import Input, Short
from services.orders.queries.search_views import View, find_view
from services.orders.tables import views
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.problems import Problem
from shared.security import Caller

LONGEST = 2000
"""Characters of a view's query: what any browser takes as an address."""


class ViewInput(Input):
    """A view; `query` is what stands behind the question mark of the list's URL."""

    name: Short
    query: Annotated[str, Field(max_length=LONGEST)]
    shared: bool = False


class ViewTaken(Problem):
    """The key has a view of that name."""

    slug = "view-taken"
    title = "There is such a view already"


class NotYours(Problem):
    """A shared view of another key; an administrator may change it, too."""

    status = 403
    slug = "not-your-view"
    title = "The view is another key's"


async def create_view(tx: Transaction, caller: Caller, request: ViewInput) -> View:
    """A new view of this key. Raises `ViewTaken`."""
    view = View(
        id=new_id(),
        shop=caller.shop,
        owner=caller.key_id,
        name=request.name,
        query=request.query,
        shared=request.shared,
        created_at=tx.now,
        updated_at=tx.now,
    )
    row = {name: getattr(view, name) for name in View.__slots__}
    added = upsert(tx.conn, views, keys=["shop", "owner", "name"]).values(row)
    if (await tx.execute(added)).rowcount == 0:
        raise ViewTaken(f"You have a view '{request.name}' already.")
    return view


async def update_view(tx: Transaction, caller: Caller, id_: str, request: ViewInput) -> View:
    """The view as the request says. Raises `NotFound`, `NotYours`, `ViewTaken`."""
    view = await _own(tx, caller, id_)
    namesake = select(views.c.id).where(
        views.c.shop == view.shop, views.c.owner == view.owner, views.c.name == request.name, views.c.id != id_
    )
    if (await tx.execute(namesake)).first() is not None:
        raise ViewTaken(f"There is a view '{request.name}' already.")
    values = {**request.model_dump(), "updated_at": tx.now}
    await tx.execute(update(views).where(views.c.id == id_).values(values))
    return replace(view, **values)


async def delete_view(tx: Transaction, caller: Caller, id_: str) -> None:
    """Forget the view. Raises `NotFound`, `NotYours`."""
    view = await _own(tx, caller, id_)
    await tx.execute(delete(views).where(views.c.id == view.id))


async def _own(tx: Transaction, caller: Caller, id_: str) -> View:
    view = await find_view(tx.conn, caller.shop, caller.key_id, id_, lock=True)
    if view.owner != caller.key_id and not caller.is_admin:
        raise NotYours("Only the key that made the view, or an administrator, changes it.")
    return view
