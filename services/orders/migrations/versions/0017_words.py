"""Warnings on a timeline by language; those of before have their English text alone."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entries", sa.Column("words", Json()))
