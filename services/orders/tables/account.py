"""The client space: who asked for a way in, links and sessions (only their hashes), wishes; and the shop's news."""

from sqlalchemy import Column, Index, String, Table, Text

from services.orders.tables.metadata import metadata
from shared.database import Json, UtcDateTime

account_requests = Table(
    "account_requests",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("email", String(320), primary_key=True),  # lower case, of anybody or nobody
    Column("asked_at", UtcDateTime(), nullable=False),
)

account_links = Table(
    "account_links",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("customer_id", String(36), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("used_at", UtcDateTime()),
    Index("ix_account_links_customer_id", "customer_id", "created_at"),
    Index("ix_account_links_shop", "shop", "created_at"),
)

account_sessions = Table(
    "account_sessions",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("customer_id", String(36), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Index("ix_account_sessions_customer_id", "customer_id"),
    Index("ix_account_sessions_expires_at", "expires_at"),
)

wishes = Table(
    "wishes",
    metadata,
    Column("customer_id", String(36), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("added_at", UtcDateTime(), nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("texts", Json(), nullable=False),  # language -> {title, body}
    Column("starts_at", UtcDateTime()),
    Column("ends_at", UtcDateTime()),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    Index("ix_news_shop_id", "shop", "id"),
)
