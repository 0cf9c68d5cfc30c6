"""Where orders say that goods left from and came back to."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_lines", sa.Column("named", Json()))
