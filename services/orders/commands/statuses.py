"""A seller's statuses: the sixteen of a new shop, and those the seller makes.

A new shop gets one status per type whose mnemonic is the type, with French and English texts (`default_statuses`). A
status in use keeps its type; renaming it leaves the history as it was.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import exists, select

from services.orders.commands.inputs import StatusInput
from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import TEXT_FIELDS, StatusRecord, find_status, list_statuses
from services.orders.tables import entries, orders, statuses
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.problems import Invalid, Problem

LANGUAGES = ("fr", "en")


class StatusTaken(Problem):
    """The shop has a status of that name."""

    slug = "status-taken"
    title = "The status exists"


class StatusInUse(Problem):
    """Orders had this status: its type is fixed."""

    slug = "status-in-use"
    title = "The status is in use"


async def add_default_statuses(tx: Transaction, shop: str) -> None:
    """One status per type for a new shop."""
    actions, texts = _defaults()
    rows = [
        {
            "id": new_id(),
            "shop": shop,
            "mnemonic": type_.value,
            "type": type_,
            "default_of_type": True,
            "texts": {language: texts[language][type_] for language in LANGUAGES},
            "position": position * 10,
            "active": True,
            **actions[type_],
        }
        for position, type_ in enumerate(StatusType, 1)
    ]
    await tx.execute(statuses.insert(), rows)


@cache
def _defaults() -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, dict[str, str]]]]:
    """Actions by type, and texts by language and type, from the files of `default_statuses`."""
    folder = files("services.orders") / "default_statuses"
    common = {"indicator": "", "publish": True, "mail": False, "mail_admins": False, "sms": False, "invoice": None}
    given: dict[str, dict[str, Any]] = yaml.safe_load((folder / "actions.yaml").read_text(encoding="utf-8"))
    actions = {type_: {**common, "ask_stock": False, **row} for type_, row in given.items()}
    texts = {
        language: {
            type_: {name: str(row.get(name, "")).strip() for name in TEXT_FIELDS}
            for type_, row in yaml.safe_load((folder / f"{language}.yaml").read_text(encoding="utf-8")).items()
        }
        for language in LANGUAGES
    }
    return actions, texts


async def create_status(tx: Transaction, shop: str, request: StatusInput) -> StatusRecord:
    """A new status of the seller's own. Raises `StatusTaken`."""
    row = {"id": new_id(), "shop": shop, "default_of_type": False, **_columns(request)}
    taken = await tx.execute(upsert(tx.conn, statuses, keys=["shop", "mnemonic"]).values(row))
    if taken.rowcount == 0:
        raise StatusTaken(f"There is a status '{request.mnemonic}' already.")
    return await find_status(tx.conn, shop, request.mnemonic)


async def update_status(tx: Transaction, shop: str, mnemonic: str, request: StatusInput) -> StatusRecord:
    """Other texts, colour or actions; another mnemonic or type only while no order had it."""
    present = await find_status(tx.conn, shop, mnemonic)
    changed = _columns(request)
    retyped = changed["type"] is not present.type
    renamed = request.mnemonic != mnemonic
    if present.default_of_type and (retyped or renamed or not request.active):
        raise StatusInUse(f"'{mnemonic}' stands for the type {present.type} and cannot leave it.")
    if (retyped or renamed) and await _in_use(tx, shop, mnemonic):
        raise StatusInUse(f"Orders had the status '{mnemonic}': it keeps its mnemonic and its type {present.type}.")
    if renamed and any(status.mnemonic == request.mnemonic for status in await list_statuses(tx.conn, shop)):
        raise StatusTaken(f"There is a status '{request.mnemonic}' already.")
    await tx.execute(statuses.update().where(statuses.c.id == present.id).values(changed))
    return await find_status(tx.conn, shop, request.mnemonic)


def _columns(request: StatusInput) -> dict[str, Any]:
    try:
        type_ = StatusType(request.type)
    except ValueError:
        raise Invalid(f"'{request.type}' is no type.", field="type", known=list(StatusType)) from None
    return request.model_dump() | {"type": type_}


async def _in_use(tx: Transaction, shop: str, mnemonic: str) -> bool:
    had = select(entries.c.id).join(orders, orders.c.id == entries.c.order_id)
    used = exists(had.where(orders.c.shop == shop, entries.c.status == mnemonic))
    return bool((await tx.execute(select(used))).scalar_one())
