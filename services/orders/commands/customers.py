"""Clients as the seller works on them: made, changed, and what a shop does with them. `clients` has what orders do.

Every writer locks the records it changes, after any orders and sorted by address, and calls `write_customers`, which
keeps the words by which clients are found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from services.orders.commands.groups import take_group
from services.orders.commands.inputs import AmendCustomer, CustomerSettings, NewCustomer
from services.orders.domain.search import email_words, folded, identifier, words
from services.orders.queries.customers import (
    CLIENT,
    DETAILS,
    TAG,
    CustomerRecord,
    CustomerRules,
    customer_document,
    customer_of,
    customer_rules,
    find_customer,
)
from services.orders.tables import customer_settings, customer_terms, customers
from shared.database import among, new_id, upsert
from shared.outbox import Transaction
from shared.problems import Invalid, Problem
from shared.security import find_shop

_WRITTEN = (
    "email",
    "name",
    "details",
    "group_name",
    "account",
    "number",
    "tags",
    "version",
    "updated_at",
    "erased_at",
)
_update = (
    update(customers)
    .where(customers.c.id == bindparam("the_id"))
    .values({name: bindparam(f"new_{name}", type_=customers.c[name].type) for name in _WRITTEN})
)


class CustomerExists(Problem):
    """Another client of the shop has this e-mail address."""

    slug = "customer-exists"
    title = "There is such a client already"


class NumberTaken(Problem):
    """Another client of the shop has this number."""

    slug = "customer-number-taken"
    title = "The client number is in use"


class StaleCustomer(Problem):
    """`If-Match` names another version."""

    slug = "stale-version"
    title = "The client has changed since"


class NoPublicAddress(Invalid):
    """Clients would be mailed links to a space that has no address."""

    slug = "public-url-missing"
    title = "The shop has no public address"


@dataclass(frozen=True, slots=True)
class Changed:
    """A client's record before and after a command; `before` is None for a new one."""

    before: CustomerRecord | None
    after: CustomerRecord


async def create_customer(tx: Transaction, shop: str, request: NewCustomer) -> CustomerRecord:
    """A client with an account; one who was a guest becomes one. Raises `CustomerExists`, `NumberTaken`."""
    email = request.email.lower()
    row = {"id": new_id(), "shop": shop, "email": email, "name": request.name, "details": {}}
    fresh = upsert(tx.conn, customers, keys=["shop", "email"])
    await tx.execute(fresh, [row | {"version": 0, "tags": [], "created_at": tx.now, "updated_at": tx.now}])
    statement = select(customers).where(customers.c.shop == shop, customers.c.email == email)
    found = customer_of((await tx.execute(statement.with_for_update())).one())
    if found.account:
        raise CustomerExists("The shop has a client with this e-mail address.", id=found.id)
    given = request.model_dump(exclude_unset=True, exclude={"email"})
    return await _amended(tx, found, given | {"account": True})


async def amend_customer(
    tx: Transaction, shop: str, id_: str, request: AmendCustomer, *, version: int | None = None
) -> CustomerRecord:
    """Bring the record to what the request says; orders keep what they were placed with.

    Raises `StaleCustomer`, `CustomerExists`, `NumberTaken`.
    """
    found = await find_customer(tx.conn, shop, id_, lock=True)
    if version is not None and version != found.version:
        detail = f"The client is at version {found.version}, not {version}."
        raise StaleCustomer(detail, current=customer_document(found))
    if found.erased_at is not None:
        raise Invalid("The client's data were erased; nothing is kept under this record any more.")
    return await _amended(tx, found, request.model_dump(exclude_unset=True))


async def _amended(tx: Transaction, found: CustomerRecord, given: dict[str, Any]) -> CustomerRecord:
    details = {**found.details, **{name: given.pop(name) for name in DETAILS if name in given}}
    if "tags" in given:
        given["tags"] = list(given["tags"])
    if "email" in given:
        given["email"] = given["email"].lower()
    if "group" in given:
        given["group_name"] = given.pop("group")
    wanted = replace(found, details=details, **given)
    await _check_unique(tx, wanted)
    if wanted.group_name is not None and wanted.group_name != found.group_name:
        await take_group(tx, wanted.shop, wanted.group_name, field="group")
    (after,) = await write_customers(tx, [Changed(found if found.version else None, wanted)])
    return after


async def _check_unique(tx: Transaction, wanted: CustomerRecord) -> None:
    """Tell who is in the way; a race that gets past this is stopped by the unique indexes."""
    others = select(customers.c.id).where(customers.c.shop == wanted.shop, customers.c.id != wanted.id)
    if taken := (await tx.execute(others.where(customers.c.email == wanted.email))).scalar_one_or_none():
        raise CustomerExists("The shop has a client with this e-mail address.", id=taken)
    if wanted.number is not None:
        taken = (await tx.execute(others.where(customers.c.number == wanted.number))).scalar_one_or_none()
        if taken is not None:
            raise NumberTaken("Another client has this number.", id=taken, errors=[_in_use("number")])


def _in_use(field: str) -> dict[str, str]:
    return {"field": field, "detail": "is in use"}


async def write_customers(tx: Transaction, changes: Sequence[Changed]) -> list[CustomerRecord]:
    """Write what differs, each with its next version, and the words by which it is found; the records as they are."""
    written, found_else = [], []
    for change in changes:
        after = change.after
        if change.before != after:
            after = replace(after, version=after.version + 1, updated_at=tx.now)
            if change.before is None or terms_of(change.before) != terms_of(after):
                found_else.append(after)
        written.append(after)
    rows = [_row(new) for change, new in zip(changes, written, strict=True) if new is not change.after]
    if rows:
        await tx.execute(_update, rows)
    if found_else:
        ids = [record.id for record in found_else]
        await tx.execute(delete(customer_terms).where(among(customer_terms.c.customer_id, ids)))
        terms = [row for record in found_else for row in _term_rows(record)]
        if terms:
            await tx.execute(customer_terms.insert(), terms)
    return written


def terms_of(record: CustomerRecord) -> set[tuple[str, str]]:
    """The words by which a client is found; an erased one by none."""
    if record.erased_at is not None:
        return set()
    named = words(f"{record.name} {record.details.get('company') or ''}")
    found = named | email_words(record.email) | identifier(record.number or "")
    return {(CLIENT, term) for term in found} | {(TAG, folded(tag)) for tag in record.tags}


def _term_rows(record: CustomerRecord) -> list[dict[str, str]]:
    return [
        {"customer_id": record.id, "kind": kind, "term": term, "shop": record.shop}
        for kind, term in sorted(terms_of(record))
    ]


def _row(record: CustomerRecord) -> dict[str, Any]:
    return {"the_id": record.id, **{f"new_{name}": getattr(record, name) for name in _WRITTEN}}


async def set_customer_settings(tx: Transaction, shop: str, request: CustomerSettings) -> CustomerRules:
    """What the shop does with its clients from now on. Raises `NoPublicAddress`."""
    if request.space:
        told = await find_shop(tx.conn, shop)
        if told is None or not told.public_url:
            raise NoPublicAddress("Links to the space are mailed below the shop's 'public_url': set it.", field="space")
    row = {"shop": shop, **request.model_dump(mode="json")}
    await tx.execute(upsert(tx.conn, customer_settings, keys=["shop"], update=("space", "tagging", "tag_rules")), [row])
    return await customer_rules(tx.conn, shop)
