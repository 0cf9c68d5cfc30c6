"""Imports of files over the API: their state, their pieces, their rejected rows."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COUNTS = ("rows", "orders", "done", "created", "known", "refused", "rejected", "skipped")


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("format", sa.String(60), nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("leased_until", UtcDateTime()),
    )
    op.create_index("ix_imports_shop", "imports", ["shop", "id"])
    op.create_index("ix_imports_state", "imports", ["state"])
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.String(36), sa.ForeignKey("imports.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "import_rejects",
        sa.Column("import_id", sa.String(36), sa.ForeignKey("imports.id"), primary_key=True),
        sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cells", Json(), nullable=False),
    )
