"""What is known of and from the other services, and what every service has."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _hearings()
    _products()
    _messages()
    _access()


def _hearings() -> None:
    op.create_table(
        "hearings",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("service", sa.String(20), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("heard", sa.BigInteger, nullable=False),
        sa.Column("open", sa.BigInteger, nullable=False),
        sa.Column("blocked", sa.Text),
        sa.Column("heard_account", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("resent_at", UtcDateTime()),
        sa.Column("resends", sa.Integer, nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column("service", sa.String(20), primary_key=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "resyncs",
        sa.Column("service", sa.String(20), primary_key=True),
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("cursor", sa.String(36), nullable=False),
        sa.Column("sent", sa.BigInteger, nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
    )


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price", sa.String(32)),
        sa.Column("tax_rate", sa.String(32)),
        sa.Column("currency", sa.String(3)),
        sa.Column("available", sa.BigInteger, nullable=False),
        sa.Column("sold_out", sa.Boolean, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
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
