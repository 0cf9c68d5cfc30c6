"""What reports of undelivered mails said."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bounces",
        sa.Column("report", sa.String(64), primary_key=True, comment="digest of the report's Message-ID"),
        sa.Column("recipient", sa.String(64), primary_key=True, comment="digest of the address"),
        sa.Column("obligation_id", sa.String(36), nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False, comment="for good; else the mail is late"),
        sa.Column("status", sa.String(20), nullable=False, comment="5.1.1"),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_bounces_obligation_id", "bounces", ["obligation_id"])
