"""A shop's marketplaces: accounts, pulls, the orders found, listings, stock levels."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _orders()
    _levels()


def _accounts() -> None:
    op.create_table(
        "channel_accounts",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column(
            "version",
            sa.BigInteger,
            nullable=False,
            comment="raised by every change; replicas reopen the account by it",
        ),
        sa.Column("account", Json(), nullable=False, comment="what may be shown of it"),
        sa.Column("credentials", sa.Text, comment="sealed; none: those of the environment"),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "channel_pulls",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False, comment="orders changed before were read"),
        sa.Column("until", UtcDateTime(), comment="the round under way reads up to here"),
        sa.Column("page", sa.Text, comment="where that round goes on"),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("fence", sa.BigInteger, nullable=False, comment="raised by every claim"),
        sa.Column("lease_until", sa.Float, comment="seconds of the database's clock"),
        sa.Column("pulled_at", UtcDateTime(), comment="the last round's end"),
        sa.Column("reason", sa.Text, comment="why the last call brought nothing"),
    )


def _orders() -> None:
    op.create_table(
        "channel_orders",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("external_id", sa.String(100), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, comment="of the body, whatever its version"),
        sa.Column("body", sa.Text, comment="none: said often enough, or erased"),
        sa.Column("order_id", sa.String(36), comment="ours, once it was heard"),
        sa.Column("ship_by", UtcDateTime()),
        sa.Column("open", sa.Boolean, nullable=False, comment="something is still to be shipped"),
        sa.Column("alert_at", UtcDateTime(), comment="when it is to be said that `ship_by` comes near"),
        sa.Column("alerted", sa.Boolean, nullable=False, comment="it was said"),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("repeat_at", UtcDateTime()),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    for column in ("order_id", "repeat_at", "alert_at"):
        op.create_index(f"ix_channel_orders_{column}", "channel_orders", [column])


def _levels() -> None:
    op.create_table(
        "channel_listings",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("external_sku", sa.Text, nullable=False),
        sa.Column("product_type", sa.String(100), nullable=False, comment="Amazon's"),
        sa.Column("offer_id", sa.String(100), comment="eBay's"),
    )
    op.create_table(
        "stock",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("available", sa.BigInteger, nullable=False, comment="0 for a deleted product"),
        sa.Column("tax_rate", sa.Text, comment="percent"),
    )
