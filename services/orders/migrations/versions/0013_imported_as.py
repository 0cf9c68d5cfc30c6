"""The status an imported order had elsewhere: its type, what had left by then, and what an import's file says."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("imported_as", sa.String(20)))
    op.add_column("lines", sa.Column("shipped_before", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("imports", sa.Column("statuses", Json(), nullable=False, server_default="{}"))
