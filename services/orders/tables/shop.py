"""The seller: a shop's rules, its keys, its statuses."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, text

from services.orders.tables.metadata import metadata
from shared.database import Json, UtcDateTime

shop_settings = Table(
    "shop_settings",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("profile", String(10), nullable=False),  # open | strict
    Column("payment_term_hours", Integer),  # after which awaiting_payment expires; null: never
    Column("on_payment", Json(), nullable=False),  # payment state -> status mnemonic
    Column("on_invoice_imported", String(60)),  # status mnemonic; null: nothing moves
    Column("tracking_required", Boolean, nullable=False),  # to ship: a carrier and a tracking number
    Column("publish_histories", Boolean, nullable=False),
    Column("link_secret", String(64), nullable=False),  # signs the links to histories
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("name", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("scopes", Json(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime()),
    Column("revoked_at", UtcDateTime()),
    Index("ux_api_keys_shop_sha256", "shop", "sha256", unique=True),
)

statuses = Table(
    "statuses",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("mnemonic", String(60), nullable=False),
    Column("type", String(20), nullable=False),
    Column("default_of_type", Boolean, nullable=False),
    Column("texts", Json(), nullable=False),  # language -> {name, comment, subject, mail, sms}
    Column("colour", String(7), nullable=False),
    Column("indicator", String(60), nullable=False),
    Column("publish", Boolean, nullable=False),
    Column("mail", Boolean, nullable=False),
    Column("mail_admins", Boolean, nullable=False),
    Column("sms", Boolean, nullable=False),
    Column("invoice", Boolean),  # null: by the shop's policy
    Column("ask_stock", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Index("ux_statuses_shop_mnemonic", "shop", "mnemonic", unique=True),
    Index(
        "ux_statuses_shop_type_default",
        "shop",
        "type",
        unique=True,
        postgresql_where=text("default_of_type"),
        sqlite_where=text("default_of_type"),
    ),
)
