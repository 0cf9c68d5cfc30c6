"""Statistics: the projection, and how far it has taken in each order. All orders that are there are counted anew."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AMOUNTS = ("orders", "quantity", "net", "tax", "gross", "paid", "invoiced")


def upgrade() -> None:
    op.create_table(
        "turnover",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("dimension", sa.String(20), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in AMOUNTS),
    )
    op.create_table(
        "counted_orders",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("contribution", Json(), nullable=False),
    )
    op.create_table(
        "counted_shops",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("rules", sa.Integer, nullable=False),
        sa.Column("cursor", sa.String(36)),
    )
    op.add_column("orders", sa.Column("counted", sa.BigInteger, nullable=False, server_default="0"))
    pending = sa.text("counted <> revision")
    op.create_index("ix_orders_uncounted", "orders", ["id"], postgresql_where=pending, sqlite_where=pending)
