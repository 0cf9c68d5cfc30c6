"""What SMS providers reported of each message, and deliveries found by the provider's id."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_reports",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column(
            "message", sa.String(200), primary_key=True, comment="the provider's id of it; ours, where it gives none"
        ),
        sa.Column("delivery", sa.String(36), comment="the obligation; none: not known yet"),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("reached", sa.String(20), nullable=False),
        sa.Column("code", sa.Text, comment="why it failed"),
        sa.Column("at", UtcDateTime(), nullable=False, comment="when we were told so"),
        sa.Column("heeded_at", UtcDateTime(), comment="none: what it means was not looked at yet"),
    )
    op.create_index("ix_sms_reports_delivery", "sms_reports", ["delivery"])
    op.create_index("ix_sms_reports_at", "sms_reports", ["at"])
    new = sa.text("heeded_at IS NULL")
    op.create_index("ix_sms_reports_new", "sms_reports", ["at"], postgresql_where=new, sqlite_where=new)
    sms = sa.text("channel = 'sms'")
    op.create_index(
        "ix_obligations_reference", "obligations", ["shop", "reference"], postgresql_where=sms, sqlite_where=sms
    )
