"""The filters of the list of orders as data: a name, and what it asks of an order.

Another filter is a line here and a field of `api.listing.ListQuery`. Several values of one filter are alternatives,
several filters must all hold. `lists` puts them together; `search_terms` has those that are words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.schema import Column

from services.orders.domain.code import parse_code
from services.orders.domain.search import Kind
from services.orders.queries.search_terms import Narrowed, Wanted, anywhere, exactly, narrow
from services.orders.tables import orders, parcels
from shared.database import among, plan_by_values

Condition = Callable[[Any], ColumnElement[bool]]
Filters = Mapping[str, Any]
"""Filter name -> its value: a list of alternatives, a single moment or amount, or a yes or no."""


def one_of(column: Column[Any]) -> Condition:
    """The column has one of the values; a single one is compared by `=`, which keeps an index's order."""

    def condition(values: Sequence[Any]) -> ColumnElement[bool]:
        return column == values[0] if len(values) == 1 else among(column, values)

    return condition


def flag(column: Column[Any]) -> Condition:
    """The column is true, or is not; in the words of the partial indexes."""
    return lambda value: column if value else ~column


def _carrier(values: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(parcels.c.order_id == orders.c.id, among(parcels.c.carrier, values))


def _from(column: Column[Any]) -> Condition:
    return lambda value: column >= value


def _before(column: Column[Any]) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda value: column < value


CONDITIONS: dict[str, Condition] = {
    "status": one_of(orders.c.status),
    "type": one_of(orders.c.type),
    "channel": one_of(orders.c.channel),
    "payment": one_of(orders.c.payment),
    "stock": one_of(orders.c.stock),
    "invoice": one_of(orders.c.invoice),
    "language": one_of(orders.c.language),
    "country": one_of(orders.c.country),
    "currency": one_of(orders.c.currency),
    "email": lambda values: one_of(orders.c.email)([value.lower() for value in values]),
    "carrier": _carrier,
    "customer_id": one_of(orders.c.customer_id),
    "settled": flag(orders.c.settled),
    "test": flag(orders.c.test),
    "archived": lambda value: orders.c.archived_at.is_not(None) if value else orders.c.archived_at.is_(None),
    "placed_from": _from(orders.c.placed_at),
    "placed_to": _before(orders.c.placed_at),
    "updated_since": _from(orders.c.updated_at),
    "total_min": _from(orders.c.gross),
    "total_max": lambda value: orders.c.gross <= value,
}
"""Filters on what the order says of itself. Amounts come in minor units."""

TERMS: dict[str, Callable[[Sequence[str]], list[Wanted]]] = {
    "q": anywhere,
    "client": lambda values: anywhere(values, Kind.CLIENT),
    "code": lambda values: exactly([parse_code(value) or value for value in values], Kind.CODE),
    "external_id": lambda values: exactly(values, Kind.EXTERNAL),
    "tracking": lambda values: exactly(values, Kind.TRACKING),
    "sku": lambda values: exactly(values, Kind.SKU),
    "tag": lambda values: exactly(values, Kind.TAG),
    "operator": lambda values: exactly(values, Kind.OPERATOR),
    "origin": lambda values: exactly(values, Kind.ORIGIN),
    "payment_method": lambda values: exactly(values, Kind.PAYMENT),
    "shipping_method": lambda values: exactly(values, Kind.SHIPPING),
}
"""Filters on words, which have a table of their own."""


async def matching(conn: AsyncConnection, shop: str, filters: Filters) -> Narrowed:
    """The conditions of a filtered list of one shop's orders; it is planned for these very filters."""
    await plan_by_values(conn)
    found: list[ColumnElement[bool]] = [orders.c.shop == shop, orders.c.deleted_at.is_(None)]
    found += [CONDITIONS[name](value) for name, value in filters.items() if name in CONDITIONS]
    wanted = [one for name, value in filters.items() if name in TERMS for one in TERMS[name](value)]
    words = await narrow(conn, shop, wanted)
    return replace(words, few=(*found, *words.few))
