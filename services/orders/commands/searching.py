"""Keeping the words by which orders are found, in the transaction that changes the order (`saving` calls it).

A new order's words are written with it. Later only what can change is looked at: the SKUs where lines came, went or
sell something else, and the numbers of parcels. A move that only shifts quantities writes nothing here.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import delete

from services.orders.domain.search import Kind, code_words, email_words, folded, identifier, words
from services.orders.queries.records import OrderRecord
from services.orders.tables import order_terms
from shared.database import among, upsert
from shared.outbox import Transaction

_KEYS = ("order_id", "kind", "term")


def terms_of(record: OrderRecord, kind: Kind) -> set[str]:
    """The words of one kind that the order now has."""
    return _TERMS[kind](record)


async def add_terms(tx: Transaction, records: Sequence[OrderRecord]) -> None:
    """Write the words of new orders."""
    await _insert(tx, [row for record in records for kind in Kind for row in _rows(record, kind)])


async def renew_terms(tx: Transaction, kind: Kind, records: Sequence[OrderRecord]) -> None:
    """Bring the words of one kind to what the orders now say."""
    if not records:
        return
    ids = [record.id for record in records]
    await tx.execute(delete(order_terms).where(among(order_terms.c.order_id, ids), order_terms.c.kind == kind))
    await _insert(tx, [row for record in records for row in _rows(record, kind)])


def _rows(record: OrderRecord, kind: Kind) -> list[dict[str, Any]]:
    return [
        {"order_id": record.id, "kind": kind.value, "term": term, "shop": record.shop}
        for term in sorted(terms_of(record, kind))
    ]


async def _insert(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(upsert(tx.conn, order_terms, keys=_KEYS), rows)


def _client_words(record: OrderRecord) -> set[str]:
    """Name, company, number and e-mail of the client."""
    client = record.customer
    named = " ".join(str(client[field]) for field in ("name", "company") if client.get(field))
    return words(named) | email_words(record.email) | identifier(str(client.get("number") or ""))


def _whole(*texts: str | None) -> set[str]:
    return {folded(text) for text in texts if text}


def _identifiers(texts: Iterable[str | None]) -> set[str]:
    return set[str]().union(*(identifier(text or "") for text in texts))


_TERMS: dict[Kind, Callable[[OrderRecord], set[str]]] = {
    Kind.CODE: lambda record: code_words(record.code),
    Kind.CLIENT: lambda record: set() if record.erased else _client_words(record),
    Kind.EXTERNAL: lambda record: identifier(record.external_id or ""),
    Kind.SKU: lambda record: _identifiers(line.sku for line in record.lines),
    Kind.TRACKING: lambda record: _identifiers(parcel.tracking_number for parcel in record.shipments),
    Kind.TAG: lambda record: _whole(*record.tags),
    Kind.OPERATOR: lambda record: _whole(record.operator),
    Kind.ORIGIN: lambda record: _whole(record.origin),
    Kind.PAYMENT: lambda record: _whole(record.payment_method),
    Kind.SHIPPING: lambda record: _whole(record.shipping_method),
}
"""The words of each kind; an erased order keeps none of its client."""
