"""What was issued: number series, sealed documents, the invoices still live."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.billing.tables.metadata import metadata
from shared.database import UtcDateTime

series = Table(
    "series",
    metadata,
    Column("seller", String(40), primary_key=True),
    Column("series", String(20), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("last_date", Date, nullable=False),
    Column("format", String(60), nullable=False, doc="of its numbers; fixed once there is one"),
    Column("kind", String(20), doc="of the documents it numbers; null: of any"),
    CheckConstraint("last >= 0", name="ck_series_last"),
)
"""The last number given in each series; its row is the lock under which numbers are given."""

documents = Table(
    "documents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("seller", String(40), nullable=False, doc="the legal entity whose series it stands in"),
    Column("order_id", String(36), nullable=False),
    Column("position", Integer, nullable=False, doc="1, 2, 3… within the order"),
    Column("kind", String(20), nullable=False),
    Column("scope", String(40), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("series", String(20), nullable=False),
    Column("year", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("number", String(40), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", UtcDateTime(), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("refers_to", String(36), ForeignKey("documents.id", name="fk_documents_refers_to")),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("snapshot", Text, nullable=False, doc="canonical JSON: the bytes that were hashed"),
    UniqueConstraint("shop", "series", "year", "n", name="uq_documents_n"),
    UniqueConstraint("shop", "number", name="uq_documents_number"),
    UniqueConstraint("order_id", "position", name="uq_documents_position"),
    UniqueConstraint("order_id", "kind", "scope", "generation", name="uq_documents_generation"),
    CheckConstraint("net + tax = gross", name="ck_documents_totals"),
    Index("uq_documents_seller_n", "seller", "series", "year", "n", unique=True),
    Index("uq_documents_seller_number", "seller", "number", unique=True),
    Index("ix_documents_shop", "shop", "id"),
    Index("ix_documents_day", "shop", "issued_on", "id"),
    Index("ix_documents_seller_day", "seller", "issued_on"),
)

live_invoices = Table(
    "live_invoices",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("scope", String(40), primary_key=True),
    Column("document_id", String(36), ForeignKey("documents.id", name="fk_live_invoices_documents")),
    Column("external_id", String(36), ForeignKey("external_invoices.id", name="fk_live_invoices_external")),
    UniqueConstraint("document_id", name="uq_live_invoices_document"),
    UniqueConstraint("external_id", name="uq_live_invoices_external"),
    CheckConstraint("(document_id IS NULL) <> (external_id IS NULL)", name="ck_live_invoices_one"),
    CheckConstraint("external_id IS NULL OR scope = 'order/1'", name="ck_live_invoices_external_scope"),
)
"""The invoices that are not credited in full: at most one on each scope of an order.

An imported one takes the scope that an order's first invoice has.
"""
