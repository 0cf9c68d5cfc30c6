"""Lists of orders that somebody gave a name: the part of the URL behind the question mark."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from services.orders.tables.metadata import metadata
from shared.database import UtcDateTime

views = Table(
    "views",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("owner", String(36), nullable=False),  # the key that made it
    Column("name", String(100), nullable=False),
    Column("query", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    Index("ux_views_shop_owner_name", "shop", "owner", "name", unique=True),
)
