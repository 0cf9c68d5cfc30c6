"""What was changed of a shop's configuration; what was changed of its orders stands in `entries`."""

from sqlalchemy import Column, Index, String, Table, Text

from services.orders.tables.metadata import metadata
from shared.database import Json, UtcDateTime

shop_log = Table(
    "shop_log",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("kind", String(20), nullable=False),  # a `Subject` of `commands.shop_log`
    Column("actor", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("changes", Json(), nullable=False),  # field -> [before, after]
    Index("ix_shop_log_shop_at", "shop", "at", "id"),
)
