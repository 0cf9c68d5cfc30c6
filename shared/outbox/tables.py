"""The two tables that every speaking service has: `outbox` (unsent) and `answers` (what it last said of each order)."""

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

from shared.database import UtcDateTime

_shapes = MetaData()

outbox = Table(
    "outbox",
    _shapes,
    Column("message", String(60), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("detail", String(40), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Index("ix_outbox_created_at", "created_at"),
)

answers = Table(
    "answers",
    _shapes,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("heard", BigInteger, nullable=False),
    Column("open", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("changed_at", UtcDateTime(), nullable=False),
    Index("ix_answers_changed_at", "changed_at"),
)


def outbox_tables(metadata: MetaData) -> tuple[Table, Table]:
    """Copies of both in a service's own metadata, for its migrations."""
    return outbox.to_metadata(metadata), answers.to_metadata(metadata)
