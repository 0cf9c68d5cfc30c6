"""Marketplace orders that are shipped and said often enough: their text, which names the buyer, is forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    c = sa.table(
        "channel_orders", sa.column("body", sa.Text), sa.column("open", sa.Boolean), sa.column("repeat_at", sa.DateTime)
    )
    over = c.c.repeat_at.is_(None) & c.c.open.is_(False) & c.c.body.is_not(None)
    op.execute(sa.update(c).where(over).values(body=None))
