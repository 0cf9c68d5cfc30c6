"""Webhook endpoints, push subscriptions, what receivers answered, orders as they are told, keys of our own."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _endpoints()
    _subscriptions()
    _states()
    _exchanges()
    _keys()


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("format", sa.String(20), nullable=False, comment="full, or reference: without the order itself"),
        sa.Column("filters", Json(), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, comment="the seller's own switch"),
        sa.Column("secret", sa.Text, nullable=False, comment="sealed"),
        sa.Column("previous_secret", sa.Text, comment="sealed; signs too while it may"),
        sa.Column("previous_until", UtcDateTime()),
        sa.Column("disabled_at", UtcDateTime(), comment="shut off by us, until a person enables it"),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("failing_since", UtcDateTime(), comment="no delivery succeeded since"),
        sa.Column("delivered_at", UtcDateTime(), comment="the last success"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_webhook_endpoints_shop", "webhook_endpoints", ["shop"])


def _subscriptions() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("key_id", sa.String(36), nullable=False, comment="whose it is: the API key that made it"),
        sa.Column("digest", sa.String(64), nullable=False, comment="of its address, which one browser has once"),
        sa.Column("service", sa.String(20), nullable=False, comment="the push service, by the beginning of its name"),
        sa.Column("address", sa.Text, nullable=False, comment="sealed: whoever knows it may send to it"),
        sa.Column("p256dh", sa.Text, nullable=False, comment="the browser's public key"),
        sa.Column("auth", sa.Text, nullable=False, comment="sealed"),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("events", Json(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("delivered_at", UtcDateTime()),
        sa.UniqueConstraint("shop", "digest", name="uq_push_subscriptions_digest"),
    )


def _states() -> None:
    op.create_table(
        "order_states",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40), comment="none: the order was not heard yet"),
        sa.Column("revision", sa.Integer, nullable=False, comment="raised by everything that is to be told"),
        sa.Column("version", sa.BigInteger, nullable=False, comment="the order's; 0: only the account was heard"),
        sa.Column("facts", Json(), comment="what the next events are told by; none: the order was not heard yet"),
        sa.Column("order", Json(), comment="as webhooks tell it; none: erased"),
        sa.Column("account", Json()),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_order_states_shop", "order_states", ["shop"])


def _exchanges() -> None:
    op.create_table(
        "exchanges",
        sa.Column("obligation_id", sa.String(36), primary_key=True),
        sa.Column("fence", sa.BigInteger, primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("said", sa.Text, comment="the beginning of the answer; none: erased"),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_exchanges_order_id", "exchanges", ["order_id"])
    op.create_index("ix_exchanges_at", "exchanges", ["at"])


def _keys() -> None:
    op.create_table(
        "own_keys",
        sa.Column("name", sa.String(40), primary_key=True, comment="vapid"),
        sa.Column("value", sa.Text, nullable=False, comment="sealed"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
