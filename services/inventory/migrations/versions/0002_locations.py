"""Several locations per shop; the SKUs that are there so far stay at the default one, and need no row for it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PRESENT = "CASE WHEN on_hand > 0 THEN on_hand ELSE 0 END"


def upgrade() -> None:
    op.add_column("products", sa.Column("spread", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("movements", sa.Column("location", sa.String(40), nullable=False, server_default="main"))
    op.create_table(
        "locations",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("takes_returns", sa.Boolean, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
    )
    is_there = sa.text("takes_returns")
    op.create_index(
        "uq_locations_returns", "locations", ["shop"], unique=True, postgresql_where=is_there, sqlite_where=is_there
    )
    op.create_table(
        "balances",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("location", sa.String(40), primary_key=True),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("allocated", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["shop", "sku"], ["products.shop", "products.sku"], name="fk_balances_products"),
        sa.ForeignKeyConstraint(
            ["shop", "location"], ["locations.shop", "locations.code"], name="fk_balances_locations"
        ),
        sa.CheckConstraint(f"allocated BETWEEN 0 AND {PRESENT}", name="ck_balances_allocated_is_there"),
    )
    op.create_table(
        "allocations",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("location", sa.String(40), primary_key=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["shop", "sku", "location"], ["balances.shop", "balances.sku", "balances.location"], name="fk_allocations"
        ),
        sa.CheckConstraint("quantity > 0", name="ck_allocations_quantity"),
    )
    op.create_index("ix_allocations_place", "allocations", ["shop", "sku", "location", "order_id", "line"])
