"""Reports, the list of payouts and the proof of the store walk a shop's rows, and not those of all shops."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_payments_shop", "payments", ["shop", "recorded_at", "id"])
    op.create_index("ix_payouts_shop", "payouts", ["shop", "id"])
    op.create_index("ix_papers_shop", "papers", ["shop", "id"])
