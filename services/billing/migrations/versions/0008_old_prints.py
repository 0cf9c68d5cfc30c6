"""Prints of more than a day ago are found without reading the others."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    finished = sa.text("finished_at IS NOT NULL")
    op.create_index("ix_prints_finished", "prints", ["finished_at"], postgresql_where=finished, sqlite_where=finished)
