"""The people who buy, and the groups that sellers put them in: a group says which prices its clients see, and how."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from services.orders.tables.metadata import metadata
from shared.database import Json, UtcDateTime

customers = Table(
    "customers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("email", String(320), nullable=False),  # lower case
    Column("name", Text, nullable=False),
    Column("details", Json(), nullable=False),  # phone, language, company, vat_number, addresses
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    Column("group_name", String(60)),  # of `customer_groups`; null: public prices
    Index("ux_customers_shop_email", "shop", "email", unique=True),
    Index("ix_customers_shop_group_name", "shop", "group_name"),
)

customer_groups = Table(
    "customer_groups",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("texts", Json(), nullable=False),  # language -> {name, comment}
    Column("price_list", String(60)),  # null: public prices
    Column("prices_shown", String(5), nullable=False),  # gross | net
    Column("position", Integer, nullable=False),
)
