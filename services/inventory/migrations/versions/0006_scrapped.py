"""What came back with an order and was scrapped."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("scrapped", sa.BigInteger, nullable=False, server_default="0"))
