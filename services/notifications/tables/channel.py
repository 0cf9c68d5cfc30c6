"""A shop's marketplaces: its accounts, how far its orders were pulled, the orders found, listings and stock levels.

Credentials are sealed (`channels.sealing`); the text of a pulled order is kept only until orders is sure to have it.
Calls that change something at a marketplace, stock levels too, are obligations like every other effect (`delivery`).
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from services.notifications.tables.metadata import metadata
from shared.database import Json, UtcDateTime

channel_accounts = Table(
    "channel_accounts",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("version", BigInteger, nullable=False, comment="raised by every change; replicas reopen the account by it"),
    Column("account", Json(), nullable=False, comment="what may be shown of it"),
    Column("credentials", Text, comment="sealed; none: those of the environment"),
    Column("changed_at", UtcDateTime(), nullable=False),
)

channel_pulls = Table(
    "channel_pulls",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("since", UtcDateTime(), nullable=False, comment="orders changed before were read"),
    Column("until", UtcDateTime(), comment="the round under way reads up to here"),
    Column("page", Text, comment="where that round goes on"),
    Column("due_at", UtcDateTime()),
    Column("fence", BigInteger, nullable=False, comment="raised by every claim"),
    Column("lease_until", Float, comment="seconds of the database's clock"),
    Column("pulled_at", UtcDateTime(), comment="the last round's end"),
    Column("reason", Text, comment="why the last call brought nothing"),
)

channel_orders = Table(
    "channel_orders",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("external_id", String(100), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False, comment="of the body, whatever its version"),
    Column("body", Text, comment="none: said often enough, or erased"),
    Column("order_id", String(36), comment="ours, once it was heard"),
    Column("ship_by", UtcDateTime()),
    Column("open", Boolean, nullable=False, comment="something is still to be shipped"),
    Column("alert_at", UtcDateTime(), comment="when it is to be said that `ship_by` comes near"),
    Column("alerted", Boolean, nullable=False, comment="it was said"),
    Column("repeats", Integer, nullable=False),
    Column("repeat_at", UtcDateTime()),
    Column("changed_at", UtcDateTime(), nullable=False),
)
Index("ix_channel_orders_order_id", channel_orders.c.order_id)
Index("ix_channel_orders_repeat_at", channel_orders.c.repeat_at)
Index("ix_channel_orders_alert_at", channel_orders.c.alert_at)

channel_listings = Table(
    "channel_listings",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("channel", String(20), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("external_sku", Text, nullable=False),
    Column("product_type", String(100), nullable=False, comment="Amazon's"),
    Column("offer_id", String(100), comment="eBay's"),
)

stock = Table(
    "stock",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False, comment="0 for a deleted product"),
    Column("tax_rate", Text, comment="percent"),
    Column("currency", String(3), comment="the product's own"),
    Column("prices", Json(), comment="public ones with tax, by currency; none: not heard since they are kept"),
)
