"""Erasing a person's data: what the law wants kept stays, the rest says nothing of the person any more.

Each order becomes a new version that is `erased`, which every service hears: notifications scrubs mails and their
journal, billing keeps the documents it issued. Here the client, addresses, own fields, tracking, notes and words to the
client go; what was bought, when and for how much stays, and so do the figures. Orders that are still worked on refuse
it, since the goods and the invoice need somebody to go to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, select, update

from services.orders.commands.accounts import end_sessions, next_way_in
from services.orders.commands.customers import Changed, write_customers
from services.orders.commands.entries import Actor, plain_entry
from services.orders.commands.saving import Change, save
from services.orders.domain.search import Kind
from services.orders.domain.types import TYPES, Phase
from services.orders.queries.customers import CustomerRecord, find_customer
from services.orders.queries.records import OrderRecord, lock_orders
from services.orders.tables import (
    account_requests,
    entries,
    idempotency_keys,
    import_rejects,
    imports,
    order_notes,
    orders,
    promotion_uses,
    wishes,
)
from shared.contracts import SignIn
from shared.database import among
from shared.outbox import Transaction
from shared.problems import Problem

_OPEN = (Phase.DRAFT, Phase.OPEN)
_NOBODY = "—"
"""Stands for a company, so that turnover by client type is what it was."""


class OrdersOpen(Problem):
    """Some orders of the client are still worked on."""

    slug = "orders-open"
    title = "The client has open orders"


async def erase_customer(tx: Transaction, shop: str, id_: str, actor: Actor) -> tuple[CustomerRecord, int]:
    """Erase what is held of a client; the record that is left, and how many orders said so.

    Done again it does nothing. Raises `CustomerNotFound`, `OrdersOpen`.
    """
    ids = await _orders_of(tx, id_)
    records = await lock_orders(tx.conn, ids)
    client = await find_customer(tx.conn, shop, id_, lock=True)
    if client.erased_at is not None:
        return client, 0
    _check_closed(records, newer=set(await _orders_of(tx, id_)) - set(ids))
    changes = [_erased(tx, record, actor) for record in records]
    await save(tx, changes)
    await _scrub(tx, ids, client)
    nobody = replace(
        client,
        email=f"{client.id}@erased.invalid",
        name="",
        details={},
        number=None,
        tags=[],
        group_name=None,
        account=False,
        erased_at=tx.now,
    )
    (left,) = await write_customers(tx, [Changed(client, nobody)])
    await _close_space(tx, client)
    return left, len(changes)


async def _orders_of(tx: Transaction, id_: str) -> list[str]:
    """Deleted ones, too: they hold the same data."""
    return list((await tx.execute(select(orders.c.id).where(orders.c.customer_id == id_))).scalars())


def _check_closed(records: Sequence[OrderRecord], *, newer: Iterable[str]) -> None:
    """An order is closed once its type says so and every service is done with it; one just placed never is."""
    found = [record.code for record in records if _is_open(record)]
    if found or newer:
        detail = "Orders of the client are still worked on: finish or cancel them, and wait until they are settled."
        raise OrdersOpen(detail, orders=found)


def _is_open(record: OrderRecord) -> bool:
    return not record.settled or (record.deleted_at is None and TYPES[record.type].phase in _OPEN)


def _erased(tx: Transaction, record: OrderRecord, actor: Actor) -> Change:
    company = {"company": _NOBODY} if record.customer.get("company") else {}
    record.customer = {"name": "", "email": "", **company}
    record.email = ""
    record.billing_address = _country(record.billing_address)
    record.shipping_address = _country(record.shipping_address)
    record.fields, record.purchase_order = {}, None
    record.history_token, record.erased = "", True
    for parcel in record.shipments:
        parcel.tracking_number = parcel.tracking_url = None
    change = Change(record, details=True, parcels=list(record.shipments), found_by={Kind.CLIENT})
    change.raise_version(tx)
    change.add(plain_entry(tx, record, "erasure", actor, "The client's data were erased"))
    return change


def _country(address: dict[str, Any] | None) -> dict[str, Any] | None:
    """Tax goes by the country, and nobody is known by it."""
    return None if address is None else dict.fromkeys(address, "") | {"country": address["country"]}


async def _scrub(tx: Transaction, ids: Sequence[str], client: CustomerRecord) -> None:
    """What stands of the person beside the orders' own rows."""
    own = among(entries.c.order_id, ids)
    await _forget_edits(tx, own)
    await tx.execute(update(entries).where(own).values(message="", changes=None))
    await tx.execute(update(entries).where(own, entries.c.kind == "parcel").values(text="Parcel corrected"))
    await tx.execute(delete(order_notes).where(among(order_notes.c.order_id, ids)))
    await tx.execute(update(promotion_uses).where(among(promotion_uses.c.order_id, ids)).values(email=""))
    answers = idempotency_keys.c.body.contains(client.id, autoescape=True)
    await tx.execute(update(idempotency_keys).where(answers).values(body=None))
    own_files = select(imports.c.id).where(imports.c.shop == client.shop)
    told = func.lower(cast(import_rejects.c.cells, Text)).contains(client.email, autoescape=True)
    await tx.execute(delete(import_rejects).where(import_rejects.c.import_id.in_(own_files), told))


async def _forget_edits(tx: Transaction, own: ColumnElement[bool]) -> None:
    """Texts written for this person alone become the status's again."""
    edited = select(entries.c.id, entries.c.texts, entries.c.changes).where(own, entries.c.kind == "status")
    for row in (await tx.execute(edited.where(entries.c.changes.is_not(None)))).all():
        before = {field.rpartition(".")[2]: values[0] for field, values in (row.changes or {}).items()}
        await tx.execute(update(entries).where(entries.c.id == row.id).values(texts={**row.texts, **before}))


async def _close_space(tx: Transaction, client: CustomerRecord) -> None:
    """Nothing opens any more, and notifications forgets to whom it mailed a link."""
    await end_sessions(tx, client.id)
    await tx.execute(delete(wishes).where(wishes.c.customer_id == client.id))
    asked = (account_requests.c.shop == client.shop) & (account_requests.c.email == client.email)
    await tx.execute(delete(account_requests).where(asked))
    if client.ways_in:
        version = await next_way_in(tx, client.id)
        language = client.language or "en"
        tx.send(SignIn(shop=client.shop, version=version, id=client.id, language=language, expires_at=tx.now))
