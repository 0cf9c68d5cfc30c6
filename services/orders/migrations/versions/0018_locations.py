"""Where goods left from and came back to, where somebody said so."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lines", sa.Column("locations", Json(), nullable=False, server_default="[]"))
