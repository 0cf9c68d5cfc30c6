"""Everything an operator may change on an order, what a shop offers at the checkout, and promotions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in _order_columns():
        op.add_column("orders", column)
    op.add_column("lines", sa.Column("discount", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("lines", sa.Column("booked_for", UtcDateTime()))
    op.add_column("parcels", sa.Column("tracking_url", sa.Text))
    op.add_column("entries", sa.Column("changes", Json()))
    _notes()
    _checkouts()
    _promotions()


def _order_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("same_as_billing", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("carrier", sa.Text),
        sa.Column("shipping_method", sa.String(100)),
        sa.Column("pickup", Json()),
        sa.Column("payment_method", sa.String(100)),
        sa.Column("operator", sa.String(100)),
        sa.Column("origin", sa.String(100)),
        sa.Column("indicator", sa.String(60)),
        sa.Column("tags", Json(), nullable=False, server_default="[]"),
        sa.Column("fields", Json(), nullable=False, server_default="{}"),
        sa.Column("adjustments", Json(), nullable=False, server_default="[]"),
        sa.Column("archived_at", UtcDateTime()),
    ]


def _notes() -> None:
    op.create_table(
        "order_notes",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), sa.ForeignKey("orders.id"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_order_notes_order_id_id", "order_notes", ["order_id", "id"])


def _checkouts() -> None:
    op.create_table(
        "checkouts",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("carriers", Json(), nullable=False),
        sa.Column("shipping_methods", Json(), nullable=False),
        sa.Column("pickup_points", Json(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
    )


def _promotions() -> None:
    op.create_table(
        "promotions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("labels", Json(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("value", sa.String(32), nullable=False),
        sa.Column("currency", sa.String(3)),
        sa.Column("skus", Json(), nullable=False),
        sa.Column("minimum", sa.BigInteger),
        sa.Column("starts_at", UtcDateTime()),
        sa.Column("ends_at", UtcDateTime()),
        sa.Column("usage_limit", sa.Integer),
        sa.Column("client_limit", sa.Integer),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_index("ux_promotions_shop_code", "promotions", ["shop", "code"], unique=True)
    op.create_table(
        "promotion_uses",
        sa.Column("promotion", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("email", sa.String(320), nullable=False),
    )
    op.create_index("ix_promotion_uses_order_id", "promotion_uses", ["order_id"])
    op.create_index("ix_promotion_uses_promotion_email", "promotion_uses", ["promotion", "email"])
