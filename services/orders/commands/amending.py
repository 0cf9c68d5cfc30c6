"""Changing an order's details: addresses, contact, delivery, payment method, and what only operators see.

What other services must know (`_TOLD`) raises the version, the rest the revision alone; both leave an entry with the
values before and after, which is the order's log and is never sent. Lines are `editing`'s, statuses `moving`'s.
"""

from collections.abc import Mapping
from typing import Any

from services.orders.commands.choosing import chosen_pickup, refused
from services.orders.commands.clients import keep_clients
from services.orders.commands.entries import Actor, note, plain_entry
from services.orders.commands.inputs import AmendOrder, NoteInput
from services.orders.commands.moving import check_version
from services.orders.commands.saving import Change, save
from services.orders.domain.checkout import Checkout, carrier_named, field_values, method_named
from services.orders.domain.search import Kind
from services.orders.domain.types import TYPES, Phase
from services.orders.queries.checkout import find_checkout
from services.orders.queries.documents import moment
from services.orders.queries.records import OrderRecord, lock_order
from services.orders.tables import order_notes
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Problem

_TOLD = frozenset(
    {
        "customer",
        "billing_address",
        "shipping_address",
        "carrier",
        "shipping_method",
        "pickup",
        "payment_method",
        "purchase_order",
        "shown",
    }
)
"""What other services must know."""
_FOUND_BY = {
    "customer": Kind.CLIENT,
    "tags": Kind.TAG,
    "operator": Kind.OPERATOR,
    "origin": Kind.ORIGIN,
    "payment_method": Kind.PAYMENT,
    "shipping_method": Kind.SHIPPING,
}
_PLAIN = ("payment_method", "purchase_order", "operator", "origin", "indicator", "shown")

Values = dict[str, Any]


class StillOpen(Problem):
    """An order that is still worked on cannot be put away."""

    slug = "still-open"
    title = "The order is still open"


async def amend_order(
    tx: Transaction, shop: str, code: str, request: AmendOrder, actor: Actor, *, version: int | None = None
) -> OrderRecord:
    """Bring the details to what the request says; nothing happens where all is so already.

    Raises `Stale`, `StillOpen`, and `Invalid` for what the shop does not offer.
    """
    record = await lock_order(tx.conn, shop, code)
    check_version(record, version)
    wanted = await _wanted(tx, record, request)
    changes = {name: [getattr(record, name), value] for name, value in wanted.items() if getattr(record, name) != value}
    if not changes:
        return record
    for name, (_before, after) in changes.items():
        setattr(record, name, after)
    change = Change(record, details=True)
    await _follow(tx, change, changes)
    text = ", ".join(sorted(changes))
    if changes.keys() & _TOLD:
        change.raise_version(tx)
        entry = plain_entry(tx, record, "edit", actor, text)
    else:
        entry = note(tx, record, "edit", actor, text)
    entry.changes = {name: [_written(before), _written(after)] for name, (before, after) in changes.items()}
    record.automatic = 0
    change.add(entry)
    await save(tx, [change])
    return record


async def add_note(tx: Transaction, shop: str, code: str, request: NoteInput, actor: Actor) -> dict[str, Any]:
    """An internal note; its words stand in the notes alone, so that no message or page for clients can hold them."""
    record = await lock_order(tx.conn, shop, code)
    row = {"id": new_id(), "order_id": record.id, "at": tx.now, "author": actor.name, "text": request.text}
    await tx.execute(order_notes.insert(), [row])
    change = Change(record)
    change.add(note(tx, record, "note", actor, "Internal note"))
    await save(tx, [change])
    return {"id": row["id"], "at": moment(tx.now), "author": actor.name, "text": request.text}


async def _wanted(tx: Transaction, record: OrderRecord, request: AmendOrder) -> Values:
    """The columns the request names, with the values they shall have."""
    named = request.model_fields_set
    wanted: Values = {name: getattr(request, name) for name in _PLAIN if name in named}
    wanted |= _contact(record, request) | _addresses(record, request)
    if "tags" in named:
        wanted["tags"] = list(request.tags)
    if "archived" in named:
        wanted["archived_at"] = _archived(tx, record, archived=request.archived)
    if named & {"carrier", "shipping_method", "pickup", "fields"}:
        wanted |= await _choices(tx, record, request, await find_checkout(tx.conn, record.shop))
    return wanted


def _contact(record: OrderRecord, request: AmendOrder) -> Values:
    given = request.customer.model_dump(exclude_unset=True)
    if not given:
        return {}
    customer = {**record.customer, **given}
    return {"customer": customer, "email": customer["email"].lower()}


def _addresses(record: OrderRecord, request: AmendOrder) -> Values:
    """Shipping follows billing while it is the same; an address of its own ends that."""
    named, wanted = request.model_fields_set, Values()
    for name in named & {"billing_address", "shipping_address"}:
        address = getattr(request, name)
        wanted[name] = None if address is None else address.model_dump()
    if "same_as_billing" in named:
        wanted["same_as_billing"] = request.same_as_billing
    elif "shipping_address" in named:
        wanted["same_as_billing"] = False
    if wanted.get("same_as_billing", record.same_as_billing):
        wanted["shipping_address"] = wanted.get("billing_address", record.billing_address)
    return wanted


def _archived(tx: Transaction, record: OrderRecord, *, archived: bool) -> Any:
    if not archived:
        return None
    if TYPES[record.type].phase in (Phase.DRAFT, Phase.OPEN):
        raise StillOpen(f"An order that is {record.type} is not archived; finish or cancel it first.")
    return record.archived_at or tx.now


async def _choices(tx: Transaction, record: OrderRecord, request: AmendOrder, offered: Checkout) -> Values:
    named, wanted = request.model_fields_set, Values()
    with refused():
        if "carrier" in named:
            wanted["carrier"] = None if request.carrier is None else carrier_named(offered, request.carrier)
        if "shipping_method" in named:
            method = request.shipping_method
            wanted["shipping_method"] = None if method is None else method_named(offered, method)
        if "fields" in named:
            merged = {**record.fields, **field_values(offered.fields, request.fields, complete=False)}
            wanted["fields"] = {name: value for name, value in merged.items() if value is not None}
    if "pickup" in named:
        wanted["pickup"] = await chosen_pickup(tx, record.shop, offered, request.pickup)
    return wanted


async def _follow(tx: Transaction, change: Change, changes: Mapping[str, Any]) -> None:
    """What stands elsewhere, too: the client's record, and the words by which lists find the order."""
    change.found_by = {kind for name, kind in _FOUND_BY.items() if name in changes}
    if "customer" in changes:
        await keep_clients(tx, [change.record])


def _written(value: Any) -> Any:
    return moment(value) if hasattr(value, "astimezone") else value
