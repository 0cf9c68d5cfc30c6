"""Invoices that other software made and that were imported, and those of them that were taken back.

Neither is ever changed: that an imported invoice stands is a row of `live_invoices`, which goes when it is taken back.
The file itself is a blob.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.billing.tables.metadata import metadata
from shared.database import UtcDateTime

external_invoices = Table(
    "external_invoices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("number", String(100), nullable=False, doc="the issuer's"),
    Column("issued_on", Date, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("net", BigInteger, doc="absent where the file does not say it, as `tax`"),
    Column("tax", BigInteger),
    Column("gross", BigInteger, nullable=False),
    Column("syntax", String(10), nullable=False, doc="cii, ubl, or pdf for a file without an invoice to read"),
    Column("profile", Text),
    Column("media_type", String(60), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("imported_at", UtcDateTime(), nullable=False),
    CheckConstraint("gross >= 0", name="ck_external_invoices_gross"),
    Index("ix_external_invoices_order", "order_id", "id"),
    Index("ix_external_invoices_shop", "shop", "id"),
)

external_voids = Table(
    "external_voids",
    metadata,
    Column(
        "invoice_id",
        String(36),
        ForeignKey("external_invoices.id", name="fk_external_voids_invoices"),
        primary_key=True,
    ),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("voided_at", UtcDateTime(), nullable=False),
)

external_numbers = Table(
    "external_numbers",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("number", String(100), primary_key=True),
    Column(
        "invoice_id",
        String(36),
        ForeignKey("external_invoices.id", name="fk_external_numbers_invoices"),
        nullable=False,
    ),
    UniqueConstraint("invoice_id", name="uq_external_numbers_invoice"),
)
"""The numbers of the imported invoices that stand: each once in a shop."""
