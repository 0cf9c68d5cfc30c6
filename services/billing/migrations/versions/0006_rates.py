"""Exchange rates, and the orders whose documents wait for one."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rates",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("currency", sa.String(3), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("rate", sa.String(20), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
    )
    op.add_column("accounts", sa.Column("rate_missing", sa.String(3)))
    waiting = sa.text("rate_missing IS NOT NULL")
    op.create_index(
        "ix_accounts_rate_missing",
        "accounts",
        ["shop", "rate_missing"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
