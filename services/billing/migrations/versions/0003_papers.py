"""Order forms, themes, prints of many documents; renderings are of documents and of order forms."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IMMUTABLE = ("papers", "themes")


def upgrade() -> None:
    _papers()
    _renderings_of_both()
    _themes()
    _prints()
    _refuse_changes()


def _papers() -> None:
    op.create_table(
        "papers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.UniqueConstraint("order_id", "kind", name="uq_papers_kind"),
    )


def _renderings_of_both() -> None:
    """A rendering no longer refers to `documents` alone; SQLite drops a constraint by making the table anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_renderings_documents", "renderings", type_="foreignkey")
        return
    columns = (
        "document_id, order_id, due_at, attempts, lease_until, fence, sha256, size, rendered_at, traceparent, error"
    )
    op.drop_index("ix_renderings_due", "renderings")
    op.rename_table("renderings", "renderings_before")
    op.create_table(
        "renderings",
        sa.Column("document_id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("size", sa.BigInteger),
        sa.Column("rendered_at", UtcDateTime()),
        sa.Column("traceparent", sa.String(60)),
        sa.Column("error", sa.Text),
        sa.CheckConstraint("(sha256 IS NULL) = (rendered_at IS NULL)", name="ck_renderings_done"),
    )
    op.execute(f"INSERT INTO renderings ({columns}) SELECT {columns} FROM renderings_before")  # noqa: S608 - no input
    op.drop_table("renderings_before")
    op.create_index("ix_renderings_due", "renderings", ["due_at"], sqlite_where=sa.text("sha256 IS NULL"))


def _themes() -> None:
    op.create_table(
        "themes",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )


def _prints() -> None:
    op.create_table(
        "prints",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.CheckConstraint("(state = 'done') = (content IS NOT NULL)", name="ck_prints_done"),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index("ix_prints_open", "prints", ["created_at"], postgresql_where=unfinished, sqlite_where=unfinished)


def _refuse_changes() -> None:
    """An order form and a version of a theme are only ever added."""
    for table in IMMUTABLE:
        if op.get_bind().dialect.name == "sqlite":
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are immutable'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
