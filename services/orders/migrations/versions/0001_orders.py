"""Orders and all that belongs to them, and a shop's own data."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _shop()
    _statuses()
    _customers()
    _orders()
    _lines()
    _parcels()
    _entries()


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both dialects."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _shop() -> None:
    op.create_table(
        "shop_settings",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("profile", sa.String(10), nullable=False),
        sa.Column("payment_term_hours", sa.Integer),
        sa.Column("on_payment", Json(), nullable=False),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("scopes", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
    )
    op.create_index("ux_api_keys_shop_sha256", "api_keys", ["shop", "sha256"], unique=True)


def _statuses() -> None:
    op.create_table(
        "statuses",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("mnemonic", sa.String(60), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("default_of_type", sa.Boolean, nullable=False),
        sa.Column("texts", Json(), nullable=False),
        sa.Column("colour", sa.String(7), nullable=False),
        sa.Column("indicator", sa.String(60), nullable=False),
        sa.Column("publish", sa.Boolean, nullable=False),
        sa.Column("mail", sa.Boolean, nullable=False),
        sa.Column("mail_admins", sa.Boolean, nullable=False),
        sa.Column("sms", sa.Boolean, nullable=False),
        sa.Column("invoice", sa.Boolean),
        sa.Column("ask_stock", sa.Boolean, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_index("ux_statuses_shop_mnemonic", "statuses", ["shop", "mnemonic"], unique=True)
    op.create_index(
        "ux_statuses_shop_type_default", "statuses", ["shop", "type"], unique=True, **_where("default_of_type")
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ux_customers_shop_email", "customers", ["shop", "email"], unique=True)


def _orders() -> None:
    op.create_table(
        "orders",
        *_order_as_placed(),
        *_order_as_it_is(),
    )
    op.create_index("ix_orders_expires_at", "orders", ["expires_at"], **_where("expires_at IS NOT NULL"))
    op.create_index("ix_orders_shop_email", "orders", ["shop", "email"])
    op.create_index("ix_orders_shop_placed_at_id", "orders", ["shop", "placed_at", "id"])
    op.create_index("ix_orders_unsettled", "orders", ["id"], **_where("NOT settled"))
    op.create_index("ux_orders_code", "orders", ["code"], unique=True)
    op.create_index("ux_orders_shop_channel_external_id", "orders", ["shop", "channel", "external_id"], unique=True)


def _lines() -> None:
    op.create_table(
        "lines",
        sa.Column("order_id", sa.String(36), sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sku", sa.String(100), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("stocked", sa.Boolean, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("hold", sa.BigInteger, nullable=False),
        sa.Column("shipped", sa.BigInteger, nullable=False),
        sa.Column("restocked", sa.BigInteger, nullable=False),
        sa.Column("frozen", sa.BigInteger),
        sa.Column("waits", Json(), nullable=False),
        sa.Column("unit_price", sa.String(32), nullable=False),
        sa.Column("tax_rate", sa.String(32), nullable=False),
        sa.Column("net", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("external_id", sa.String(100)),
    )
    op.create_index("ix_lines_sku", "lines", ["sku"])


def _parcels() -> None:
    op.create_table(
        "parcels",
        sa.Column("order_id", sa.String(36), sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("carrier", sa.Text),
        sa.Column("tracking_number", sa.Text),
        sa.Column("shipped_at", UtcDateTime(), nullable=False),
        sa.Column("lines", Json(), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("version", sa.BigInteger),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("rule", sa.String(20)),
        sa.Column("cause", sa.String(100)),
        sa.Column("status", sa.String(60), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("publish", sa.Boolean, nullable=False),
        sa.Column("mail", sa.Boolean, nullable=False),
        sa.Column("mail_admins", sa.Boolean, nullable=False),
        sa.Column("sms", sa.Boolean, nullable=False),
        sa.Column("resend", sa.Integer, nullable=False),
        sa.Column("texts", Json(), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("traceparent", sa.String(60)),
    )
    op.create_index("ix_entries_order_id_version", "entries", ["order_id", "version"])
    op.create_table(
        "applied_rules",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("rule", sa.String(20), primary_key=True),
        sa.Column("cause", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _order_as_placed() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100)),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean, nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("on_short", sa.String(10), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("customer", Json(), nullable=False),
        sa.Column("billing_address", Json()),
        sa.Column("shipping_address", Json()),
    ]


def _order_as_it_is() -> list[sa.Column[Any]]:
    return [
        sa.Column("status", sa.String(60), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("status_name", sa.Text, nullable=False),
        sa.Column("status_entry", sa.String(36), nullable=False),
        sa.Column("raised_by", sa.String(36), nullable=False),
        sa.Column("shown", sa.String(10), nullable=False),
        sa.Column("invoice_wanted", sa.Boolean),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("automatic", sa.Integer, nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("credit_on_deletion", sa.Boolean, nullable=False),
        sa.Column("erased", sa.Boolean, nullable=False),
        sa.Column("net", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("next_line", sa.Integer, nullable=False),
        sa.Column("parcels", sa.Integer, nullable=False),
        sa.Column("payment", sa.String(20), nullable=False),
        sa.Column("stock", sa.String(20), nullable=False),
        sa.Column("invoice", sa.String(20), nullable=False),
        sa.Column("paid", sa.BigInteger, nullable=False),
        sa.Column("warning", sa.Text),
        sa.Column("heard", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
    ]
