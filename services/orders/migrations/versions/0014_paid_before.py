"""What was paid for an order, and paid back, before it was imported."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("paid_before", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("orders", sa.Column("refunded_before", sa.BigInteger, nullable=False, server_default="0"))
