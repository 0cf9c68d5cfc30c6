"""What the other services say: how far each has heard an order, and the products orders knows of.

An answer touches one row each of `orders` and `hearings`.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text, true

from services.orders.tables.metadata import ExactDecimal, metadata
from shared.database import Json, UtcDateTime

hearings = Table(
    "hearings",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("service", String(20), primary_key=True),
    Column("version", BigInteger, nullable=False),  # of the answer
    Column("heard", BigInteger, nullable=False),
    Column("open", BigInteger, nullable=False),
    Column("blocked", Text),
    Column("heard_account", BigInteger, nullable=False),  # notifications: the account version it applied
    Column("body", Text),  # the answer; null before the first one
    Column("answered_at", UtcDateTime()),
    Column("resent_at", UtcDateTime()),
    Column("resends", Integer, nullable=False),  # since the last new answer
)

progress = Table(
    "progress",
    metadata,
    Column("service", String(20), primary_key=True),
    Column("sent_at", UtcDateTime(), nullable=False),  # the latest sending that it has answered
)

resyncs = Table(
    "resyncs",
    metadata,
    Column("service", String(20), primary_key=True),
    Column("shop", String(40), primary_key=True),
    Column("cursor", String(36), nullable=False),  # the last order that was said again
    Column("sent", BigInteger, nullable=False),
    Column("requested_at", UtcDateTime(), nullable=False),
    Column("finished_at", UtcDateTime()),
)

products = Table(
    "products",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("price", ExactDecimal()),
    Column("tax_rate", ExactDecimal()),
    Column("currency", String(3)),
    Column("available", BigInteger, nullable=False),
    Column("sold_out", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("price_includes_tax", Boolean, nullable=False, server_default=true()),
    Column("prices", Json(), nullable=False, server_default="[]"),  # [{price_list, currency, price, includes_tax}]
    Column("backorder", String(20)),  # null: allowed
    Column("orderable", BigInteger),  # units that may be ordered; null: as many as one likes
)
