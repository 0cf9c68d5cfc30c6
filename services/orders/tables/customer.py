"""The people who buy."""

from sqlalchemy import Column, Index, String, Table, Text

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
    Index("ux_customers_shop_email", "shop", "email", unique=True),
)
