"""The tables of orders: SQLAlchemy Core, one `metadata`, the same on PostgreSQL and SQLite.

An order change touches one row each of `orders` and `entries` and the lines that moved; an answer touches one row each
of `orders` and `hearings`. Wide values (addresses, texts, bodies of answers) are JSON and are never searched. Written
by `commands`, read by `queries`; `migrations` makes the same tables (a test compares).
"""

from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from shared.batch import batch_tables
from shared.database import Json, UtcDateTime
from shared.outbox import outbox_tables
from shared.security import shop_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()
outbox, answers = outbox_tables(metadata)
guards, parked = batch_tables(metadata)
shops = shop_tables(metadata)
idempotency_keys = idempotency_tables(metadata)


class ExactDecimal(TypeDecorator[Decimal]):
    """A price or a rate, kept as it was written: SQLite has no exact number."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


shop_settings = Table(
    "shop_settings",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("profile", String(10), nullable=False),  # open | strict
    Column("payment_term_hours", Integer),  # after which awaiting_payment expires; null: never
    Column("on_payment", Json(), nullable=False),  # payment state -> status mnemonic
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

orders = Table(
    "orders",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("code", String(16), nullable=False),
    Column("version", BigInteger, nullable=False),  # what services must know
    Column("revision", BigInteger, nullable=False),  # anything that a page shows
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100)),
    Column("test", Boolean, nullable=False),
    Column("placed_at", UtcDateTime(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("sent_at", UtcDateTime(), nullable=False),  # of the last sending to all services
    Column("currency", String(3), nullable=False),
    Column("prices_include_tax", Boolean, nullable=False),
    Column("language", String(10), nullable=False),
    Column("on_short", String(10), nullable=False),
    Column("email", String(320), nullable=False),  # lower case, for searching
    Column("customer", Json(), nullable=False),
    Column("billing_address", Json()),
    Column("shipping_address", Json()),
    Column("status", String(60), nullable=False),  # the status's mnemonic
    Column("type", String(20), nullable=False),
    Column("status_name", Text, nullable=False),  # as it was in the order's language
    Column("status_entry", String(36), nullable=False),  # the entry that set the status
    Column("raised_by", String(36), nullable=False),  # the entry that last asked for more stock
    Column("shown", String(10), nullable=False),
    Column("invoice_wanted", Boolean),
    Column("expires_at", UtcDateTime()),  # when the time to pay is over
    Column("automatic", Integer, nullable=False),  # automatic changes since the last human one
    Column("deleted_at", UtcDateTime()),
    Column("credit_on_deletion", Boolean, nullable=False),
    Column("erased", Boolean, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("next_line", Integer, nullable=False),
    Column("parcels", Integer, nullable=False),
    Column("payment", String(20), nullable=False),
    Column("stock", String(20), nullable=False),
    Column("invoice", String(20), nullable=False),
    Column("paid", BigInteger, nullable=False),  # captured less refunded
    Column("warning", Text),  # what billing wants a person to look at
    Column("heard", BigInteger, nullable=False),  # the version that every service has heard
    Column("settled", Boolean, nullable=False),
    Index("ux_orders_code", "code", unique=True),
    Index("ux_orders_shop_channel_external_id", "shop", "channel", "external_id", unique=True),
    Index("ix_orders_shop_placed_at_id", "shop", "placed_at", "id"),
    Index("ix_orders_shop_email", "shop", "email"),
    Index("ix_orders_unsettled", "id", postgresql_where=text("NOT settled"), sqlite_where=text("NOT settled")),
    Index(
        "ix_orders_expires_at",
        "expires_at",
        postgresql_where=text("expires_at IS NOT NULL"),
        sqlite_where=text("expires_at IS NOT NULL"),
    ),
)

lines = Table(
    "lines",
    metadata,
    Column("order_id", String(36), ForeignKey("orders.id"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sku", String(100), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("stocked", Boolean, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("hold", BigInteger, nullable=False),
    Column("shipped", BigInteger, nullable=False),
    Column("restocked", BigInteger, nullable=False),
    Column("frozen", BigInteger),  # the hold that a decision fixed
    Column("waits", Json(), nullable=False),  # [[since, quantity]], oldest first
    Column("unit_price", ExactDecimal(), nullable=False),
    Column("tax_rate", ExactDecimal(), nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("external_id", String(100)),
    Index("ix_lines_sku", "sku"),
)

parcels = Table(
    "parcels",
    metadata,
    Column("order_id", String(36), ForeignKey("orders.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("carrier", Text),
    Column("tracking_number", Text),
    Column("shipped_at", UtcDateTime(), nullable=False),
    Column("lines", Json(), nullable=False),  # [[line, quantity]]
    Column("revision", Integer, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("order_id", String(36), ForeignKey("orders.id"), nullable=False),
    Column("version", BigInteger),  # the order version that first contained it; null: no service hears it
    Column("at", UtcDateTime(), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("rule", String(20)),  # of an automatic change
    Column("cause", String(100)),
    Column("status", String(60), nullable=False),
    Column("type", String(20), nullable=False),
    Column("publish", Boolean, nullable=False),
    Column("mail", Boolean, nullable=False),
    Column("mail_admins", Boolean, nullable=False),
    Column("sms", Boolean, nullable=False),
    Column("resend", Integer, nullable=False),
    Column("texts", Json(), nullable=False),
    Column("message", Text, nullable=False),  # the operator's own words to the client
    Column("text", Text, nullable=False),  # what the timeline says
    Column("traceparent", String(60)),
    Index("ix_entries_order_id_version", "order_id", "version"),
)

applied_rules = Table(
    "applied_rules",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("rule", String(20), primary_key=True),
    Column("cause", String(100), primary_key=True),
    Column("at", UtcDateTime(), nullable=False),
)

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
)
