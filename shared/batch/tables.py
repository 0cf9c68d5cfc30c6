"""The two tables of every hearing service: `guards` (which version of what has been applied) and `parked`."""

from sqlalchemy import BigInteger, Boolean, Column, MetaData, String, Table, Text

from shared.database import UtcDateTime

_shapes = MetaData()

guards = Table(
    "guards",
    _shapes,
    Column("message", String(60), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("parked", Boolean, nullable=False, default=False),
)

parked = Table(
    "parked",
    _shapes,
    Column("message", String(60), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
)


def batch_tables(metadata: MetaData) -> tuple[Table, Table]:
    """Copies of both in a service's own metadata, for its migrations."""
    return guards.to_metadata(metadata), parked.to_metadata(metadata)
