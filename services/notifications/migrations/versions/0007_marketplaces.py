"""What products cost, for marketplaces that show it; the text of marketplace orders that are over, which names buyers,
is forgotten."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stock", sa.Column("currency", sa.String(3), comment="the product's own"))
    told = "public ones with tax, by currency; none: not heard since they are kept"
    op.add_column("stock", sa.Column("prices", Json(), comment=told))
    c = sa.table(
        "channel_orders", sa.column("body", sa.Text), sa.column("open", sa.Boolean), sa.column("repeat_at", sa.DateTime)
    )
    over = c.c.repeat_at.is_(None) & c.c.open.is_(False) & c.c.body.is_not(None)
    op.execute(sa.update(c).where(over).values(body=None))
