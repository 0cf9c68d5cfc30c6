"""Obligations, their attempts, lanes and access tokens; what every service has."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _obligations()
    _attempts()
    _lanes()
    _messages()
    _access()


def _obligations() -> None:
    op.create_table(
        "obligations",
        sa.Column("id", sa.String(36), primary_key=True, comment="UUIDv7; the mail's Message-ID"),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("shop", sa.String(40), nullable=False, comment="also the account of the lane"),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False, comment="mail, sms, amazon, ebay"),
        sa.Column("verb", sa.String(20), nullable=False, comment="send, confirm; with channel and shop it is the lane"),
        sa.Column("subject", sa.String(64), nullable=False, comment="the entry's id, or parcel/1"),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, comment="re-sending of a text, content revision of a parcel"),
        sa.Column("sequence", sa.String(100), nullable=False, comment="what must leave one after the other"),
        sa.Column("position", sa.BigInteger, nullable=False, comment="its place there"),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("since", UtcDateTime(), nullable=False, comment="when it became due at first, or by a person's hand"),
        sa.Column("asked_at", UtcDateTime(), nullable=False, comment="the entry's moment"),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("attempted_at", UtcDateTime()),
        sa.Column("unsure_since", UtcDateTime(), comment="an attempt of this moment may have taken effect"),
        sa.Column("fence", sa.BigInteger, nullable=False, comment="raised by every claim"),
        sa.Column("lease_until", sa.Float, comment="seconds of the database's clock"),
        sa.Column("reference", sa.Text, comment="the other side's id"),
        sa.Column("reason", sa.Text),
        sa.Column("traceparent", sa.String(60)),
        sa.Column("version", sa.BigInteger, nullable=False, comment="the order version that the payload is a copy of"),
        sa.Column("payload", Json(), comment="none: forgotten, by request or by age"),
        sa.UniqueConstraint("order_id", "channel", "verb", "subject", "role", "revision", name="uq_obligations_key"),
    )
    op.create_index("ix_obligations_code", "obligations", ["shop", "code"])
    op.create_index("ix_obligations_changed_at", "obligations", ["changed_at"])
    for name, columns in (
        ("ix_obligations_lane", ["channel", "shop", "verb", "due_at"]),
        ("ix_obligations_sequence", ["sequence", "position"]),
    ):
        due = sa.text("due_at IS NOT NULL")
        op.create_index(name, "obligations", columns, postgresql_where=due, sqlite_where=due)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("obligation_id", sa.String(36), primary_key=True),
        sa.Column("fence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False, comment="committed before the call"),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("outcome", sa.String(10), comment="none: in flight, or its process died"),
        sa.Column("late", sa.Boolean, nullable=False, comment="came back after its lease had gone to another worker"),
        sa.Column("reference", sa.Text),
        sa.Column("reason", sa.Text),
    )
    op.create_index("ix_attempts_order_id", "attempts", ["order_id"])
    op.create_index("ix_attempts_started_at", "attempts", ["started_at"])


def _lanes() -> None:
    op.create_table(
        "lanes",
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("verb", sa.String(20), primary_key=True),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("refilled_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("opened_at", UtcDateTime(), comment="the breaker is open since"),
        sa.Column("probe_at", UtcDateTime()),
        sa.Column("quiet_until", UtcDateTime()),
        sa.Column("reason", sa.Text),
    )
    op.create_table(
        "access_tokens",
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False, comment="short-lived; refresh tokens stand in the settings only"),
        sa.Column("refresh_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
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
