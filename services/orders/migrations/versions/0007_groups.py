"""Groups of customers, each with its price list; prices by list, and which of them a line took."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_groups",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("texts", Json(), nullable=False),
        sa.Column("price_list", sa.String(60)),
        sa.Column("prices_shown", sa.String(5), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.add_column("customers", sa.Column("group_name", sa.String(60)))
    op.add_column("orders", sa.Column("customer_group", sa.String(60)))
    op.add_column("products", sa.Column("price_includes_tax", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("products", sa.Column("prices", Json(), nullable=False, server_default="[]"))
    op.add_column("lines", sa.Column("price_list", sa.String(60)))
    op.create_index("ix_customers_shop_group_name", "customers", ["shop", "group_name"])
