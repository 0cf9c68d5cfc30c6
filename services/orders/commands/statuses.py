"""A seller's statuses: made, changed, put in order, taken out of use. Nothing is cached, so each works at once.

A status in use keeps its mnemonic and its type; renaming it for clients leaves the history as it was. Each type has one
status that stands for it, which gives this up only to another. All changes of a shop's statuses take its row first.
Neighbours: `status_templates` (to start from), `status_sets` (a whole file at once).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, select, update

from services.orders.commands.inputs import StatusBody, StatusInput
from services.orders.commands.publishing import check_publication
from services.orders.domain.types import StatusType
from services.orders.queries.catalogue import StatusRecord, find_status, list_statuses, shop_rules
from services.orders.tables import entries, orders, shop_settings, statuses
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid, Problem

STEP = 10
"""Between the positions of two neighbours."""


class StatusTaken(Problem):
    """The shop has a status of that name."""

    slug = "status-taken"
    title = "The status exists"


class StatusInUse(Problem):
    """Orders had this status, or it stands for its type, or a rule of the shop names it."""

    slug = "status-in-use"
    title = "The status is in use"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, errors=[{"field": field, "detail": detail}])


async def create_status(tx: Transaction, shop: str, request: StatusInput) -> StatusRecord:
    """A new status of the seller's own. Raises `StatusTaken`, `Invalid`."""
    await lock_statuses(tx, shop)
    row = columns(request)
    if any(status.mnemonic == request.mnemonic for status in await list_statuses(tx.conn, shop)):
        raise StatusTaken(f"There is a status '{request.mnemonic}' already.")
    if row["default_of_type"]:
        await _stand_down(tx, shop, row["type"])
    row["default_of_type"] = bool(row["default_of_type"])
    row = {"id": new_id(), "shop": shop, "mnemonic": request.mnemonic, **row}
    await tx.execute(statuses.insert(), [row])
    await check_publication(tx, shop)
    return await find_status(tx.conn, shop, request.mnemonic)


async def update_status(
    tx: Transaction, shop: str, mnemonic: str, request: StatusBody, *, rename: str | None = None
) -> StatusRecord:
    """Other texts, colour or actions; another mnemonic or type only while no order had it.

    Raises `StatusInUse`, `StatusTaken`, `Invalid`, `NotFound`.
    """
    await lock_statuses(tx, shop)
    present = await find_status(tx.conn, shop, mnemonic)
    changed, name = columns(request), rename or mnemonic
    if changed["default_of_type"] is None:
        changed["default_of_type"] = present.default_of_type
    await _check_change(tx, present, name, changed)
    if changed["default_of_type"] and not present.default_of_type:
        await _stand_down(tx, shop, changed["type"])
    await tx.execute(update(statuses).where(statuses.c.id == present.id).values(mnemonic=name, **changed))
    await check_publication(tx, shop)
    return await find_status(tx.conn, shop, name)


async def remove_status(tx: Transaction, shop: str, mnemonic: str) -> StatusRecord | None:
    """Delete a status that no order ever had, and return None; one in use is deactivated and returned."""
    await lock_statuses(tx, shop)
    present = await find_status(tx.conn, shop, mnemonic)
    if present.default_of_type:
        raise StatusInUse("default_of_type", _stands(present))
    await _check_rules(tx, present)
    if not await _in_use(tx, shop, mnemonic):
        await tx.execute(delete(statuses).where(statuses.c.id == present.id))
        return None
    await tx.execute(update(statuses).where(statuses.c.id == present.id).values(active=False))
    return await find_status(tx.conn, shop, mnemonic)


async def order_statuses(tx: Transaction, shop: str, mnemonics: Sequence[str]) -> list[StatusRecord]:
    """Put these statuses first, in this order; the others follow in theirs. Raises `Invalid`."""
    await lock_statuses(tx, shop)
    known = [status.mnemonic for status in await list_statuses(tx.conn, shop)]
    for place, mnemonic in enumerate(mnemonics):
        if mnemonic not in known:
            raise Invalid(f"The shop has no status '{mnemonic}'.", field=f"mnemonics.{place}", known=known)
        if mnemonic in mnemonics[:place]:
            raise Invalid(f"'{mnemonic}' is named twice.", field=f"mnemonics.{place}")
    wanted = [*mnemonics, *(mnemonic for mnemonic in known if mnemonic not in mnemonics)]
    for place, mnemonic in enumerate(wanted, 1):
        own = (statuses.c.shop == shop, statuses.c.mnemonic == mnemonic)
        await tx.execute(update(statuses).where(*own).values(position=place * STEP))
    return await list_statuses(tx.conn, shop)


async def lock_statuses(tx: Transaction, shop: str) -> None:
    """One change of a shop's statuses at a time."""
    await tx.execute(select(shop_settings.c.shop).where(shop_settings.c.shop == shop).with_for_update())


def columns(request: StatusBody) -> dict[str, Any]:
    """The columns that a body sets; `default_of_type` is None where it says nothing. Raises `Invalid` for the type."""
    try:
        type_ = StatusType(request.type)
    except ValueError:
        raise Invalid(f"'{request.type}' is no type.", field="type", known=list(StatusType)) from None
    if request.default_of_type and not request.active:
        raise Invalid("A status that stands for its type is active.", field="active")
    return request.model_dump(exclude={"mnemonic"}) | {"type": type_}


async def _check_change(tx: Transaction, present: StatusRecord, name: str, changed: dict[str, Any]) -> None:
    """Refuse what orders, the type or the shop's rules do not allow."""
    retyped, renamed = changed["type"] is not present.type, name != present.mnemonic
    if present.default_of_type:
        for field, leaves in (
            ("type", retyped),
            ("mnemonic", renamed),
            ("active", not changed["active"]),
            ("default_of_type", not changed["default_of_type"]),
        ):
            if leaves:
                raise StatusInUse(field, _stands(present))
    if renamed or not changed["active"]:
        await _check_rules(tx, present)
    if (retyped or renamed) and await _in_use(tx, present.shop, present.mnemonic):
        detail = f"Orders had the status '{present.mnemonic}': it keeps its mnemonic and its type {present.type}."
        raise StatusInUse("type" if retyped else "mnemonic", detail)
    if renamed and any(status.mnemonic == name for status in await list_statuses(tx.conn, present.shop)):
        raise StatusTaken(f"There is a status '{name}' already.")


def _stands(status: StatusRecord) -> str:
    return f"'{status.mnemonic}' stands for the type {status.type} and cannot leave it: let another one stand first."


async def _check_rules(tx: Transaction, status: StatusRecord) -> None:
    rules = await shop_rules(tx.conn, status.shop)
    for payment, mnemonic in rules.on_payment.items():
        if mnemonic == status.mnemonic:
            raise StatusInUse("active", f"The shop sets '{mnemonic}' when a payment is {payment} (on_payment).")
    if rules.on_invoice_imported == status.mnemonic:
        detail = f"The shop sets '{status.mnemonic}' when an invoice is imported (on_invoice_imported)."
        raise StatusInUse("active", detail)


async def _stand_down(tx: Transaction, shop: str, type_: StatusType) -> None:
    """The status that stood for the type does so no more; another one is about to."""
    own = (statuses.c.shop == shop, statuses.c.type == type_)
    await tx.execute(update(statuses).where(*own).values(default_of_type=False))


async def _in_use(tx: Transaction, shop: str, mnemonic: str) -> bool:
    had = select(entries.c.id).join(orders, orders.c.id == entries.c.order_id)
    used = exists(had.where(orders.c.shop == shop, entries.c.status == mnemonic))
    return bool((await tx.execute(select(used))).scalar_one())
