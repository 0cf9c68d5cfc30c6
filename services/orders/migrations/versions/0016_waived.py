"""Of what was refunded, what the client does not owe again, as billing tells it; until it does, what a refund left."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("waived", sa.BigInteger, nullable=False, server_default="0"))
    refunded = "payment IN ('partly_refunded', 'refunded')"
    op.execute(f"UPDATE orders SET waived = gross - paid WHERE {refunded} AND gross > paid")  # noqa: S608 - no input
