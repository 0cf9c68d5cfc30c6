"""Accounts, number series, documents and their seals, renderings, payments; what every service has."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IMMUTABLE = ("documents", "blobs", "payments")


def upgrade() -> None:
    _accounts()
    _series()
    _documents()
    _live_invoices()
    _renderings()
    _refuse_changes()
    _messages()
    _access()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("refunded", sa.BigInteger, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False),
        sa.CheckConstraint("refunded BETWEEN 0 AND captured", name="ck_accounts_refunded"),
        sa.UniqueConstraint("shop", "code", name="uq_accounts_code"),
    )
    _create_partial_index("ix_accounts_waiting", "accounts", ["order_id"], "waiting")
    op.create_table(
        "payments",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(120)),
        sa.Column("payable", sa.Boolean, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_payments_amount"),
        sa.CheckConstraint("kind IN ('capture', 'refund')", name="ck_payments_kind"),
    )
    op.create_index("ix_payments_order", "payments", ["order_id", "id"])


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("series", sa.String(20), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("last_date", sa.Date, nullable=False),
        sa.CheckConstraint("last >= 0", name="ck_series_last"),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("series", sa.String(20), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("net", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("refers_to", sa.String(36), sa.ForeignKey("documents.id", name="fk_documents_refers_to")),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.UniqueConstraint("shop", "series", "year", "n", name="uq_documents_n"),
        sa.UniqueConstraint("shop", "number", name="uq_documents_number"),
        sa.UniqueConstraint("order_id", "position", name="uq_documents_position"),
        sa.UniqueConstraint("order_id", "kind", "scope", "generation", name="uq_documents_generation"),
        sa.CheckConstraint("net + tax = gross", name="ck_documents_totals"),
    )
    op.create_index("ix_documents_shop", "documents", ["shop", "id"])


def _live_invoices() -> None:
    op.create_table(
        "live_invoices",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("scope", sa.String(40), primary_key=True),
        sa.Column(
            "document_id",
            sa.String(36),
            sa.ForeignKey("documents.id", name="fk_live_invoices_documents"),
            nullable=False,
        ),
        sa.UniqueConstraint("document_id", name="uq_live_invoices_document"),
    )


def _renderings() -> None:
    op.create_table(
        "renderings",
        sa.Column(
            "document_id",
            sa.String(36),
            sa.ForeignKey("documents.id", name="fk_renderings_documents"),
            primary_key=True,
        ),
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
    _create_partial_index("ix_renderings_due", "renderings", ["due_at"], "sha256 IS NULL")
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def _refuse_changes() -> None:
    """What was issued or paid is never changed or taken away; a mistake is corrected by another row."""
    if op.get_bind().dialect.name == "sqlite":
        for table in IMMUTABLE:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are immutable'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% are immutable', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _messages() -> None:
    op.create_table(
        "outbox",
        sa.Column("message", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])
    op.create_table(
        "answers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("heard", sa.BigInteger, nullable=False),
        sa.Column("open", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_answers_changed_at", "answers", ["changed_at"])
    op.create_table(
        "guards",
        sa.Column("message", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "parked",
        sa.Column("message", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _access() -> None:
    op.create_table(
        "shops",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(condition))
