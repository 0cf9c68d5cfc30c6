"""The people who buy: one record a client, the words by which it is found, and what a shop does with its clients.

Every order leaves a record here, a guest's too; only an account (`customers.account`) stands in client management. A
group says which prices its clients see, and how.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false

from services.orders.tables.metadata import metadata
from shared.database import Json, UtcDateTime

customers = Table(
    "customers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("email", String(320), nullable=False),  # lower case
    Column("name", Text, nullable=False),
    Column("details", Json(), nullable=False),  # phone, language, company, numbers, addresses
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    Column("group_name", String(60)),  # of `customer_groups`; null: public prices
    Column("account", Boolean, nullable=False, server_default=false()),
    Column("number", String(100)),  # in an outside system
    Column("tags", Json(), nullable=False, server_default="[]"),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("erased_at", UtcDateTime()),
    Column("ways_in", BigInteger, nullable=False, server_default="0"),  # versions of `orders.sign_in.v1` said so far
    Index("ux_customers_shop_email", "shop", "email", unique=True),
    Index("ix_customers_shop_group_name", "shop", "group_name"),
    Index("ux_customers_shop_number", "shop", "number", unique=True),
    Index("ix_customers_by_id", "shop", "account", "id"),
    Index("ix_customers_by_name", "shop", "account", "name", "id"),
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

customer_terms = Table(
    "customer_terms",
    metadata,
    Column("customer_id", String(36), primary_key=True),
    Column("kind", String(10), primary_key=True),  # client | tag
    Column("term", Text, primary_key=True),  # folded
    Column("shop", String(40), nullable=False),
    Index(
        "ix_customer_terms_shop_term",
        "shop",
        "term",
        "kind",
        "customer_id",
        postgresql_ops={"term": "text_pattern_ops"},
    ),
)

customer_settings = Table(
    "customer_settings",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("space", Boolean, nullable=False),  # clients have a space of their own
    Column("tagging", Boolean, nullable=False),
    Column("tag_rules", Json(), nullable=False),  # [{sku, tags}]
)
