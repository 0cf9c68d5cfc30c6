"""What came back with an order and was scrapped; how many units of a product may be ordered."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lines", sa.Column("scrapped", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("products", sa.Column("backorder", sa.String(20)))
    op.add_column("products", sa.Column("orderable", sa.BigInteger))
