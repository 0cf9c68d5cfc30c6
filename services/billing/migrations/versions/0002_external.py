"""Imported invoices, and their place among the live ones."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IMMUTABLE = ("external_invoices", "external_voids")


def upgrade() -> None:
    op.create_table(
        "external_invoices",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("net", sa.BigInteger),
        sa.Column("tax", sa.BigInteger),
        sa.Column("gross", sa.BigInteger, nullable=False),
        sa.Column("syntax", sa.String(10), nullable=False),
        sa.Column("profile", sa.Text),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("gross >= 0", name="ck_external_invoices_gross"),
    )
    op.create_index("ix_external_invoices_order", "external_invoices", ["order_id", "id"])
    op.create_index("ix_external_invoices_shop", "external_invoices", ["shop", "id"])
    _voids()
    with op.batch_alter_table("live_invoices") as live:
        live.alter_column("document_id", existing_type=sa.String(36), nullable=True)
        live.add_column(sa.Column("external_id", sa.String(36)))
        live.create_foreign_key("fk_live_invoices_external", "external_invoices", ["external_id"], ["id"])
        live.create_unique_constraint("uq_live_invoices_external", ["external_id"])
        live.create_check_constraint("ck_live_invoices_one", "(document_id IS NULL) <> (external_id IS NULL)")
        live.create_check_constraint("ck_live_invoices_external_scope", "external_id IS NULL OR scope = 'order/1'")
    _refuse_changes()


def _voids() -> None:
    op.create_table(
        "external_voids",
        sa.Column(
            "invoice_id",
            sa.String(36),
            sa.ForeignKey("external_invoices.id", name="fk_external_voids_invoices"),
            primary_key=True,
        ),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("voided_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "external_numbers",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("number", sa.String(100), primary_key=True),
        sa.Column(
            "invoice_id",
            sa.String(36),
            sa.ForeignKey("external_invoices.id", name="fk_external_numbers_invoices"),
            nullable=False,
        ),
        sa.UniqueConstraint("invoice_id", name="uq_external_numbers_invoice"),
    )


def _refuse_changes() -> None:
    """An imported invoice is never changed or taken away, as little as one of our own."""
    if op.get_bind().dialect.name == "sqlite":
        for table in IMMUTABLE:
            for event in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are immutable'); END"
                )
        return
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
