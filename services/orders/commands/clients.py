"""What orders do for their clients' records: an order finds or makes one, takes from it, adds to it.

All in the order's own transaction and in a few statements for any number of orders. `customers` writes the records.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from services.orders.commands.customers import Changed, write_customers
from services.orders.commands.inputs import AddressInput, CustomerInput, PlaceOrder
from services.orders.domain.types import StatusType
from services.orders.queries.customers import CustomerRecord, customer_of, customer_rules, find_customer, find_customers
from services.orders.queries.records import OrderRecord
from services.orders.tables import customers
from shared.database import among, new_id, upsert
from shared.outbox import Transaction
from shared.problems import Invalid

_CONTACT = ("phone", "language", "company", "vat_number", "siren", "siret", "electronic_address")
_ADDRESSES = ("billing_address", "shipping_address")
_locked = (
    select(customers)
    .where(customers.c.shop == bindparam("shop"), among(customers.c.email, "emails"))
    .order_by(customers.c.email)
    .with_for_update()
)


async def fill_in(tx: Transaction, shop: str, requests: Sequence[PlaceOrder]) -> list[PlaceOrder]:
    """The orders that name a client, with what is kept of it where they do not say otherwise. Raises `Invalid`."""
    ids = [request.customer_id for request in requests if request.customer_id is not None]
    if not ids:
        return list(requests)
    known = await find_customers(tx.conn, shop, ids)
    return [
        request if request.customer_id is None else _filled(request, known.get(request.customer_id))
        for request in requests
    ]


def _filled(request: PlaceOrder, client: CustomerRecord | None) -> PlaceOrder:
    if client is None:
        raise Invalid(f"The shop has no client {request.customer_id}.", field="customer_id")
    given = request.customer.model_dump(exclude_unset=True)
    if given.get("email", client.email).lower() != client.email:
        detail = "The client of 'customer_id' has another e-mail address: leave it out, or change the client first."
        raise Invalid(detail, field="customer.email")
    saved = {name: client.details.get(name) for name in _CONTACT} | {"email": client.email, "name": client.name}
    update: dict[str, Any] = {"customer": CustomerInput.model_construct(**{"account": False, **saved, **given})}
    if "billing_address" not in request.model_fields_set:
        update["billing_address"] = _address(client, "billing_address")
        if "shipping_address" not in request.model_fields_set:
            update["shipping_address"] = _address(client, "shipping_address")
    return request.model_copy(update=update)


def _address(client: CustomerRecord, name: str) -> AddressInput | None:
    saved = client.details.get(name)
    return None if saved is None else AddressInput.model_construct(**saved)


async def keep_clients(tx: Transaction, placed: Sequence[OrderRecord], accounts: Collection[str] = ()) -> None:
    """Find or make the record of each order's client, bring it up to date, and name it in the order.

    The clients with one of these `accounts` (e-mail addresses) have an account from now on; a guest who has one keeps
    it. What an order does not say stays.
    """
    if not placed:
        return
    known = await _records(tx, placed)
    wanted = {email: replace(record, tags=list(record.tags)) for email, record in known.items()}
    for record in placed:
        wanted[record.email] = _told(wanted[record.email], record, account=record.email in accounts)
    await _tag(tx, placed, wanted)
    changes = [Changed(before if before.version else None, wanted[email]) for email, before in sorted(known.items())]
    await write_customers(tx, changes)
    for record in placed:
        client = known[record.email]
        record.customer_id, record.customer_group = client.id, client.group_name
        record.customer = {name: value for name, value in record.customer.items() if name != "number"}
        if client.number is not None:
            record.customer["number"] = client.number


async def tag_buyer(tx: Transaction, record: OrderRecord) -> None:
    """Tag the client of an order that has just been bought: a draft that is one no more."""
    if record.customer_id is None:
        return
    client = await find_customer(tx.conn, record.shop, record.customer_id, lock=True)
    tagged = replace(client, tags=list(client.tags))
    await _tag(tx, [record], {record.email: tagged})
    await write_customers(tx, [Changed(client, tagged)])


async def _records(tx: Transaction, placed: Sequence[OrderRecord]) -> dict[str, CustomerRecord]:
    """The clients of these orders by e-mail, locked; version 0 are those that were just made."""
    shop = placed[0].shop
    rows = [
        {"id": new_id(), "shop": shop, "email": email, "name": "", "details": {}, "tags": [], "version": 0}
        | {"created_at": tx.now, "updated_at": tx.now}
        for email in sorted({record.email for record in placed})
    ]
    await tx.execute(upsert(tx.conn, customers, keys=["shop", "email"]), rows)
    found = await tx.execute(_locked, {"shop": shop, "emails": [row["email"] for row in rows]})
    return {row.email: customer_of(row) for row in found}


def _told(client: CustomerRecord, record: OrderRecord, *, account: bool) -> CustomerRecord:
    """The client as the order tells of it; an address without a street does not replace one that has it."""
    details = dict(client.details)
    details |= {name: record.customer[name] for name in _CONTACT if record.customer.get(name) is not None}
    for name in _ADDRESSES:
        told, kept = getattr(record, name), details.get(name)
        if told is not None and (told["street"] or kept is None or not kept["street"]):
            details[name] = told
    return replace(client, name=record.customer["name"], details=details, account=client.account or account)


async def _tag(tx: Transaction, placed: Sequence[OrderRecord], wanted: dict[str, CustomerRecord]) -> None:
    """The tags that the shop gives to buyers of its products; a draft and a test buy nothing."""
    bought = [record for record in placed if record.type is not StatusType.DRAFT and not record.test]
    if not bought:
        return
    tags = (await customer_rules(tx.conn, placed[0].shop)).tags
    for record in bought:
        client = wanted[record.email]
        given = [tag for line in record.lines for tag in tags.get(line.sku, ())]
        client.tags += [tag for tag in dict.fromkeys(given) if tag not in client.tags]
