"""Papers that are no invoices, what became of every document's bytes, the shops' themes, prints of many at once."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.billing.tables.metadata import metadata
from shared.database import Json, UtcDateTime

papers = Table(
    "papers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", UtcDateTime(), nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("snapshot", Text, nullable=False),
    UniqueConstraint("order_id", "kind", name="uq_papers_kind"),
    Index("ix_papers_shop", "shop", "id"),
)
"""Order forms: archived like invoices, but in no series and not sealed. One of a kind for each order."""

renderings = Table(
    "renderings",
    metadata,
    Column("document_id", String(36), primary_key=True, doc="of a document or a paper"),
    Column("order_id", String(36), nullable=False),
    Column("due_at", UtcDateTime(), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("lease_until", UtcDateTime()),
    Column("fence", BigInteger, nullable=False, default=0, doc="raised by each claim: an old worker cannot report"),
    Column("sha256", String(64)),
    Column("size", BigInteger),
    Column("rendered_at", UtcDateTime()),
    Column("traceparent", String(60), doc="of the command that asked for the document"),
    Column("error", Text),
    Column("archivable", Boolean, doc="whether the PDF is PDF/A; null of those typeset before that was asked"),
    CheckConstraint("(sha256 IS NULL) = (rendered_at IS NULL)", name="ck_renderings_done"),
)
"""What became of each PDF. A paper that nobody has asked for has no row."""

_unrendered = renderings.c.sha256.is_(None)
Index("ix_renderings_due", renderings.c.due_at, postgresql_where=_unrendered, sqlite_where=_unrendered)

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(60), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""Bytes by their own hash: logos always, PDFs where settings name no other store."""

themes = Table(
    "themes",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False, doc="JSON; the logo by its hash"),
    Column("actor", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
)
"""Every version of each shop's theme: a document is typeset under the one its snapshot names."""

prints = Table(
    "prints",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("actor", Text, nullable=False),
    Column("asked", Json(), nullable=False, doc="kind, orders, language, format"),
    Column("state", String(10), nullable=False, doc="waiting, running, done or failed"),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("error", Text),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("finished_at", UtcDateTime()),
    Column("lease_until", UtcDateTime()),
    Column("fence", BigInteger, nullable=False),
    Column("content", LargeBinary),
    CheckConstraint("(state = 'done') = (content IS NOT NULL)", name="ck_prints_done"),
)
"""Many documents as one PDF, made by a job and forgotten after a day."""

_open = prints.c.finished_at.is_(None)
Index("ix_prints_open", prints.c.created_at, postgresql_where=_open, sqlite_where=_open)
_over = prints.c.finished_at.is_not(None)
Index("ix_prints_finished", prints.c.finished_at, postgresql_where=_over, sqlite_where=_over)
