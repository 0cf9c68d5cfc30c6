"""The log of a shop: entries by shop and time, and what was changed of its configuration; deleted orders by time.

And the status of orders whose invoice is imported.
"""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default lets a process of the release before go on writing while this one comes up.
    op.add_column("entries", sa.Column("shop", sa.String(40), nullable=False, server_default=""))
    op.execute("UPDATE entries SET shop = (SELECT orders.shop FROM orders WHERE orders.id = entries.order_id)")
    op.create_index("ix_entries_shop_at", "entries", ["shop", "at", "id"])
    op.create_table(
        "shop_log",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("changes", Json(), nullable=False),
    )
    op.add_column("shop_settings", sa.Column("on_invoice_imported", sa.String(60)))
    op.create_index("ix_shop_log_shop_at", "shop_log", ["shop", "at", "id"])
    deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_orders_deleted",
        "orders",
        ["shop", "updated_at", "id"],
        postgresql_where=deleted,
        sqlite_where=deleted,
    )
