"""The statistics as a projection: sums by day, and what each order has added to them."""

from sqlalchemy import BigInteger, Column, Date, Integer, String, Table, Text

from services.orders.tables.metadata import metadata
from shared.database import Json

turnover = Table(
    "turnover",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("dimension", String(20), primary_key=True),
    Column("day", Date, primary_key=True),  # in the shop's zone
    Column("value", Text, primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("orders", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("invoiced", BigInteger, nullable=False),
)

counted_orders = Table(
    "counted_orders",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("contribution", Json(), nullable=False),  # [[dimension, value, day, currency, amounts …]]
)

counted_shops = Table(
    "counted_shops",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("zone", String(60), nullable=False),  # in which its orders were counted
    Column("rules", Integer, nullable=False),  # by which
    Column("cursor", String(36)),  # the last order of a recount that is under way
)
