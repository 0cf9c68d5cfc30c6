"""Clients as they are kept: one record by its id, the list with its one box and filters, what a shop does with them.

Erased clients are in no list. `commands.customers` writes the records and the words by which they are found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.search import folded, typed
from services.orders.queries.documents import moment
from services.orders.tables import customer_settings, customer_terms, customers
from shared.database import among, starts_with
from shared.problems import NotFound

CLIENT, TAG = "client", "tag"
"""Kinds of words: those the box looks for, and whole tags."""
DETAILS = (
    "phone",
    "language",
    "company",
    "vat_number",
    "siren",
    "siret",
    "electronic_address",
    "billing_address",
    "shipping_address",
)


class CustomerNotFound(NotFound):
    """No such client in this shop."""

    slug = "customer-not-found"
    title = "There is no such client"


@dataclass(slots=True)
class CustomerRecord:
    """A client's row; `details` has `DETAILS`, `version` rises with every change. Guests have no `account`."""

    id: str
    shop: str
    email: str
    name: str
    details: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    group_name: str | None = None
    account: bool = False
    number: str | None = None
    tags: list[str] = field(default_factory=list)
    version: int = 1
    erased_at: datetime | None = None
    ways_in: int = 0
    """Links to the client space made so far: versions of `orders.sign_in.v1`."""

    @property
    def language(self) -> str | None:
        found: str | None = self.details.get("language")
        return found


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """What a shop does with its clients; `tags` by SKU, empty while tagging is off."""

    space: bool = False
    tagging: bool = False
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def tags(self) -> dict[str, list[str]]:
        return {rule["sku"]: rule["tags"] for rule in self.rules} if self.tagging else {}


def customer_of(row: Any) -> CustomerRecord:
    """A client from its row."""
    return CustomerRecord(**row._mapping)


async def find_customer(conn: AsyncConnection, shop: str, id_: str, *, lock: bool = False) -> CustomerRecord:
    """One client, a guest or an account. Raises `CustomerNotFound`."""
    statement = select(customers).where(customers.c.shop == shop, customers.c.id == id_)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise CustomerNotFound(f"There is no client {id_}.")
    return customer_of(row)


async def find_customers(conn: AsyncConnection, shop: str, ids: Sequence[str]) -> dict[str, CustomerRecord]:
    """These clients by their ids, but for those unknown or erased."""
    living = customers.c.erased_at.is_(None)
    statement = select(customers).where(customers.c.shop == shop, among(customers.c.id, ids), living)
    return {row.id: customer_of(row) for row in await conn.execute(statement)}


async def customer_rules(conn: AsyncConnection, shop: str) -> CustomerRules:
    """What this shop does with its clients: nothing, until it says so."""
    row = (await conn.execute(select(customer_settings).where(customer_settings.c.shop == shop))).one_or_none()
    return CustomerRules() if row is None else CustomerRules(row.space, row.tagging, tuple(row.tag_rules))


@dataclass(frozen=True, slots=True)
class Asked:
    """Which clients a list is about: accounts or guests, and what each of them must have."""

    shop: str
    account: bool = True
    q: str = ""
    email: str | None = None
    number: str | None = None
    tag: str | None = None
    group: str | None = None


Key = tuple[str, ...]
"""Where a page begins: the last client's id, or its name and id."""


async def list_customers(
    conn: AsyncConnection, asked: Asked, sort: str, limit: int, after: Key | None
) -> tuple[list[CustomerRecord], int]:
    """Up to `limit` + 1 clients by `name`, or the newest (`-created`) or oldest first; and how many there are."""
    conditions = _conditions(asked)
    total = (await conn.execute(select(func.count()).select_from(customers).where(*conditions))).scalar_one()
    statement = _sorted(select(customers).where(*conditions), sort, after).limit(limit + 1)
    return [customer_of(row) for row in await conn.execute(statement)], total


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found = [customers.c.shop == asked.shop, customers.c.account == asked.account, customers.c.erased_at.is_(None)]
    if asked.email is not None:
        found.append(customers.c.email == asked.email.lower())
    if asked.number is not None:
        found.append(customers.c.number == asked.number)
    if asked.group is not None:
        found.append(customers.c.group_name == asked.group)
    if asked.tag is not None:
        found.append(_has(asked.shop, TAG, customer_terms.c.term == folded(asked.tag)))
    return found + [_has(asked.shop, CLIENT, starts_with(customer_terms.c.term, word)) for word in typed(asked.q)]


def _has(shop: str, kind: str, term: ColumnElement[bool]) -> ColumnElement[bool]:
    named = and_(customer_terms.c.shop == shop, customer_terms.c.kind == kind, term)
    return customers.c.id.in_(select(customer_terms.c.customer_id).where(named))


def _sorted(statement: Select[Any], sort: str, after: Key | None) -> Select[Any]:
    """Ids rise with time, so that they sort by creation."""
    if sort == "name":
        place = (customers.c.name, customers.c.id)
        behind = None if after is None else tuple_(*place) > tuple_(*after)
        statement = statement.order_by(*place)
    elif sort == "created":
        behind = None if after is None else customers.c.id > after[0]
        statement = statement.order_by(customers.c.id)
    else:
        behind = None if after is None else customers.c.id < after[0]
        statement = statement.order_by(customers.c.id.desc())
    return statement if behind is None else statement.where(behind)


def customer_document(record: CustomerRecord) -> dict[str, Any]:
    """A client as the API shows it to the seller."""
    return {
        "id": record.id,
        "version": record.version,
        "account": record.account,
        "email": record.email,
        "name": record.name,
        **{name: record.details.get(name) for name in DETAILS},
        "number": record.number,
        "tags": record.tags,
        "group": record.group_name,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "erased_at": None if record.erased_at is None else moment(record.erased_at),
    }


def settings_document(rules: CustomerRules) -> dict[str, Any]:
    """What a shop does with its clients, as the API shows and takes it."""
    return {"space": rules.space, "tagging": rules.tagging, "tag_rules": [dict(rule) for rule in rules.rules]}
