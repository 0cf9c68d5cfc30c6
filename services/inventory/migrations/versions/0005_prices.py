"""Prices in lists, and whether a price includes tax."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products", sa.Column("price_includes_tax", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("products", sa.Column("prices", Json(), nullable=False, server_default="[]"))
