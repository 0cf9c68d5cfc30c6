"""Documents as people ask for them: lists, one with its snapshot, its bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.queries.external import external_view, find_external, select_external
from services.billing.tables import accounts, blobs, documents, external_invoices, live_invoices, papers, renderings
from shared.database import among
from shared.money import from_minor


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to. `order` is a code or an id."""

    order: str | None = None
    kind: str | None = None
    number: str | None = None
    issued_from: date | None = None
    issued_to: date | None = None

    def conditions(self, shop: str, table: Table = documents) -> list[ColumnElement[bool]]:
        """On `documents` or `external_invoices`, which are all invoices."""
        found: list[ColumnElement[bool]] = [table.c.shop == shop]
        if self.order is not None:
            found.append((accounts.c.code == self.order) | (accounts.c.order_id == self.order))
        if self.kind is not None:
            found.append(table.c.kind == self.kind if "kind" in table.c else literal(self.kind == "invoice"))
        if self.number is not None:
            found.append(table.c.number == self.number)
        if self.issued_from is not None:
            found.append(table.c.issued_on >= self.issued_from)
        if self.issued_to is not None:
            found.append(table.c.issued_on <= self.issued_to)
        return found


async def list_documents(
    conn: AsyncConnection, shop: str, narrowed: Filter, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], int]:
    """One more than `limit`, and how many there are; an order's oldest first, else the newest first.

    Imported invoices stand among them. Ids tell the order of time for both.
    """
    newest_first = narrowed.order is None
    found, total = [], 0
    for table, selected, view in (
        (documents, _selected(), document_view),
        (external_invoices, select_external(), external_view),
    ):
        conditions = narrowed.conditions(shop, table)
        statement = selected.where(*conditions).limit(limit + 1)
        statement = statement.order_by(table.c.id.desc() if newest_first else table.c.id)
        if after is not None:
            statement = statement.where(table.c.id < after if newest_first else table.c.id > after)
        found += [view(dict(row)) for row in (await conn.execute(statement)).mappings()]
        counted = select(func.count()).select_from(table.join(accounts, accounts.c.order_id == table.c.order_id))
        total += (await conn.execute(counted.where(*conditions))).scalar_one()
    return sorted(found, key=lambda one: str(one["id"]), reverse=newest_first)[: limit + 1], total


async def find_document(conn: AsyncConnection, shop: str, document_id: str) -> dict[str, Any] | None:
    """A document with its snapshot, hash and place in the chain; an imported invoice has none of these."""
    own = (documents.c.shop == shop) & (documents.c.id == document_id)
    statement = _selected(documents.c.snapshot, documents.c.prev_hash).where(own)
    row = (await conn.execute(statement)).mappings().one_or_none()
    if row is None:
        return await find_external(conn, shop, document_id)
    return document_view(dict(row)) | {"prev_hash": row["prev_hash"], "snapshot": json.loads(row["snapshot"])}


@dataclass(frozen=True, slots=True)
class Original:
    """An issued document or an archived order form; `sha256` of its PDF is None before it is typeset."""

    id: str
    order_id: str
    kind: str
    number: str
    snapshot: str
    sha256: str | None


async def find_originals(conn: AsyncConnection, shop: str, ids: Sequence[str]) -> dict[str, Original]:
    """The documents and order forms of a shop with these ids."""
    of = documents.c
    issued = select(of.id, of.order_id, of.kind, of.number, of.snapshot).where(of.shop == shop, among(of.id, ids))
    forms = (
        select(papers.c.id, papers.c.order_id, papers.c.kind, accounts.c.code.label("number"), papers.c.snapshot)
        .join(accounts, accounts.c.order_id == papers.c.order_id)
        .where(papers.c.shop == shop, among(papers.c.id, ids))
    )
    either = union_all(issued, forms).subquery()
    statement = (
        select(either, renderings.c.sha256)
        .select_from(either)
        .join(renderings, renderings.c.document_id == either.c.id, isouter=True)
    )
    return {row.id: Original(*row) for row in await conn.execute(statement)}


async def find_bytes(conn: AsyncConnection, sha256: str) -> bytes | None:
    """The bytes with this hash; None where they are in a store outside the database."""
    statement = select(blobs.c.content).where(blobs.c.sha256 == sha256)
    found: bytes | None = (await conn.execute(statement)).scalar_one_or_none()
    return found


def document_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """`live`: an invoice that no credit note took back in full. `sha256` is null until the PDF is there."""
    currency = row["currency"]
    return {
        "id": row["id"],
        "origin": "internal",
        "kind": row["kind"],
        "number": row["number"],
        "order": row["code"],
        "order_id": row["order_id"],
        "scope": row["scope"],
        "generation": row["generation"],
        "issued_on": row["issued_on"].isoformat(),
        "issued_at": row["issued_at"].isoformat(),
        "currency": currency,
        "totals": {name: str(from_minor(row[name], currency)) for name in ("net", "tax", "gross")},
        "refers_to": row["refers_to"],
        "live": row["live"] is not None,
        "hash": row["hash"],
        "sha256": row["sha256"],
        "size": row["size"],
        "archivable": row["archivable"],
    }


def _selected(*more: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            documents.c.id,
            documents.c.kind,
            documents.c.number,
            documents.c.order_id,
            documents.c.scope,
            documents.c.generation,
            documents.c.issued_on,
            documents.c.issued_at,
            documents.c.currency,
            documents.c.net,
            documents.c.tax,
            documents.c.gross,
            documents.c.refers_to,
            documents.c.hash,
            accounts.c.code,
            renderings.c.sha256,
            renderings.c.size,
            renderings.c.archivable,
            live_invoices.c.document_id.label("live"),
            *more,
        )
        .join(accounts, accounts.c.order_id == documents.c.order_id)
        .join(renderings, renderings.c.document_id == documents.c.id)
        .join(live_invoices, live_invoices.c.document_id == documents.c.id, isouter=True)
    )
