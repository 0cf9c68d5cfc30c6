"""Who sells, how their numbers are written, which days are closed, and the accounts that an export posts to."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.billing.tables.metadata import metadata
from shared.database import Json, UtcDateTime

sellers = Table(
    "sellers",
    metadata,
    Column("id", String(40), primary_key=True, doc="the shop that issued first"),
    Column("legal_id", String(40), doc="SIREN, else VAT number; what makes another shop one of this seller's"),
    Column("closed_on", Date, doc="no document is dated on this day any more, or before it"),
    Column("closings", BigInteger, nullable=False, doc="how many there are"),
    Column("closing_hash", String(64), nullable=False, doc="of the newest one"),
    UniqueConstraint("legal_id", name="uq_sellers_legal_id"),
)
"""The legal entities that issue documents. Issuing shares the row's lock, closing a day takes it alone."""

shop_sellers = Table(
    "shop_sellers",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("seller", String(40), ForeignKey("sellers.id", name="fk_shop_sellers_sellers"), nullable=False),
)
"""Whose documents a shop issues: settled with its first one, for ever."""

series_formats = Table(
    "series_formats",
    metadata,
    Column("seller", String(40), ForeignKey("sellers.id", name="fk_series_formats_sellers"), primary_key=True),
    Column("series", String(20), primary_key=True),
    Column("from_year", Integer, primary_key=True, autoincrement=False),
    Column("format", String(60), nullable=False),
)
"""How the numbers of a series are written from a year on; a series that has begun keeps its own."""

closings = Table(
    "closings",
    metadata,
    Column("seller", String(40), ForeignKey("sellers.id", name="fk_closings_sellers"), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("period", String(5), nullable=False, doc="day, month or year"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("closed_at", UtcDateTime(), nullable=False),
    Column("content", Text, nullable=False, doc="canonical JSON: heads and totals of each series, perpetual totals"),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("seller", "period", "ends_on", name="uq_closings_period"),
    CheckConstraint("period IN ('day', 'month', 'year')", name="ck_closings_period"),
)
"""Closed days, months and years of a seller, in one chain."""

account_plans = Table(
    "account_plans",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("body", Json(), nullable=False, doc="all of them, also those that are the usual ones"),
)
"""The accounts that a shop's entries are posted to."""

exchange_rates = Table(
    "exchange_rates",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("rate", String(20), nullable=False, doc="units of the currency for one euro"),
    Column("source", String(60), nullable=False, doc="who published it"),
    Column("actor", Text, nullable=False),
    Column("recorded_at", UtcDateTime(), nullable=False),
)
"""What a shop entered, for documents that tell their tax in euros; each keeps the one it was issued at."""
