"""Imported invoices as people ask for them: among the documents of an order, and the file as it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import accounts, blobs, external_invoices, external_voids
from shared.money import from_minor


@dataclass(frozen=True, slots=True)
class Original:
    """The file that was imported."""

    number: str
    media_type: str
    sha256: str
    content: bytes


def select_external() -> Select[Any]:
    """The rows that `external_view` takes."""
    return (
        select(
            external_invoices,
            accounts.c.code,
            external_voids.c.reason,
            external_voids.c.actor.label("voided_by"),
            external_voids.c.voided_at,
        )
        .join(accounts, accounts.c.order_id == external_invoices.c.order_id)
        .join(external_voids, external_voids.c.invoice_id == external_invoices.c.id, isouter=True)
    )


async def find_external(conn: AsyncConnection, shop: str, id_: str) -> dict[str, Any] | None:
    """One imported invoice of the shop."""
    own = (external_invoices.c.shop == shop) & (external_invoices.c.id == id_)
    row = (await conn.execute(select_external().where(own))).mappings().one_or_none()
    return None if row is None else external_view(dict(row))


async def read_external(conn: AsyncConnection, id_: str) -> dict[str, Any]:
    """An imported invoice that is there."""
    row = (await conn.execute(select_external().where(external_invoices.c.id == id_))).mappings().one()
    return external_view(dict(row))


async def find_original(conn: AsyncConnection, shop: str, id_: str) -> Original | None:
    """The file of an imported invoice, taken back or not."""
    statement = (
        select(external_invoices.c.number, external_invoices.c.media_type, blobs.c.sha256, blobs.c.content)
        .join(blobs, blobs.c.sha256 == external_invoices.c.sha256)
        .where(external_invoices.c.shop == shop, external_invoices.c.id == id_)
    )
    row = (await conn.execute(statement)).one_or_none()
    return None if row is None else Original(row.number, row.media_type, row.sha256, row.content)


def external_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """Like a document of our own; `live` until it is `voided`. What the file does not say is null."""
    currency = row["currency"]

    def amount(minor: int | None) -> str | None:
        return None if minor is None else str(from_minor(minor, currency))

    voided = row["voided_at"] and {
        "at": row["voided_at"].isoformat(),
        "by": row["voided_by"],
        "reason": row["reason"],
    }
    return {
        "id": row["id"],
        "origin": "external",
        "kind": "invoice",
        "number": row["number"],
        "order": row["code"],
        "order_id": row["order_id"],
        "issued_on": row["issued_on"].isoformat(),
        "issued_at": row["imported_at"].isoformat(),
        "currency": currency,
        "totals": {name: amount(row[name]) for name in ("net", "tax", "gross")},
        "refers_to": None,
        "live": voided is None,
        "voided": voided,
        "syntax": row["syntax"],
        "profile": row["profile"],
        "media_type": row["media_type"],
        "sha256": row["sha256"],
        "size": row["size"],
        "imported_by": row["actor"],
    }
