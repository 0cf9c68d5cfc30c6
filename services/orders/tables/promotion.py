"""Promotions of a shop, and which order used which.

An order keeps a copy of each promotion it used (`orders.adjustments`), so a later change here moves no order; the uses
are counted for the limits alone.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from services.orders.tables.metadata import ExactDecimal, metadata
from shared.database import Json, UtcDateTime

promotions = Table(
    "promotions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("code", String(40)),  # upper case; null: applied by itself
    Column("name", Text, nullable=False),
    Column("labels", Json(), nullable=False),  # language -> what the client reads
    Column("kind", String(10), nullable=False),  # percent | amount
    Column("value", ExactDecimal(), nullable=False),
    Column("currency", String(3)),  # of an amount or a minimum
    Column("skus", Json(), nullable=False),  # empty: the whole order
    Column("minimum", BigInteger),  # of the goods it is about, in minor units
    Column("starts_at", UtcDateTime()),
    Column("ends_at", UtcDateTime()),
    Column("usage_limit", Integer),
    Column("client_limit", Integer),
    Column("active", Boolean, nullable=False),
    Index("ux_promotions_shop_code", "shop", "code", unique=True),
)

promotion_uses = Table(
    "promotion_uses",
    metadata,
    Column("promotion", String(36), primary_key=True),
    Column("order_id", String(36), primary_key=True),
    Column("email", String(320), nullable=False),
    Index("ix_promotion_uses_order_id", "order_id"),
    Index("ix_promotion_uses_promotion_email", "promotion", "email"),
)
