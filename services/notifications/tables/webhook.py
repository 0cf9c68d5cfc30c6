"""Webhook endpoints and push subscriptions of a shop, what receivers answered, and orders as they are told.

What is to be sent are obligations like everything else (`delivery`): of a webhook the verb is the endpoint's id and the
subject `order`; of a push message the verb is the push service and the subject the subscription's id.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from services.notifications.tables.metadata import metadata
from shared.database import Json, UtcDateTime

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("format", String(20), nullable=False, comment="full, or reference: without the order itself"),
    Column("filters", Json(), nullable=False),
    Column("active", Boolean, nullable=False, comment="the seller's own switch"),
    Column("secret", Text, nullable=False, comment="sealed"),
    Column("previous_secret", Text, comment="sealed; signs too while it may"),
    Column("previous_until", UtcDateTime()),
    Column("disabled_at", UtcDateTime(), comment="shut off by us, until a person enables it"),
    Column("disabled_reason", Text),
    Column("failing_since", UtcDateTime(), comment="no delivery succeeded since"),
    Column("delivered_at", UtcDateTime(), comment="the last success"),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("changed_at", UtcDateTime(), nullable=False),
)
Index("ix_webhook_endpoints_shop", webhook_endpoints.c.shop)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("key_id", String(36), nullable=False, comment="whose it is: the API key that made it"),
    Column("digest", String(64), nullable=False, comment="of its address, which one browser has once"),
    Column("service", String(20), nullable=False, comment="the push service, by the beginning of its name"),
    Column("address", Text, nullable=False, comment="sealed: whoever knows it may send to it"),
    Column("p256dh", Text, nullable=False, comment="the browser's public key"),
    Column("auth", Text, nullable=False, comment="sealed"),
    Column("language", String(10), nullable=False),
    Column("label", Text, nullable=False),
    Column("events", Json(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("delivered_at", UtcDateTime()),
    UniqueConstraint("shop", "digest", name="uq_push_subscriptions_digest"),
)

order_states = Table(
    "order_states",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("code", String(40), comment="none: the order was not heard yet"),
    Column("revision", Integer, nullable=False, comment="raised by everything that is to be told"),
    Column("version", BigInteger, nullable=False, comment="the order's; 0: only the account was heard"),
    Column("facts", Json(), comment="what the next events are told by; none: the order was not heard yet"),
    Column("order", Json(), comment="as webhooks tell it; none: erased"),
    Column("account", Json()),
    Column("changed_at", UtcDateTime(), nullable=False),
)
Index("ix_order_states_shop", order_states.c.shop)

exchanges = Table(
    "exchanges",
    metadata,
    Column("obligation_id", String(36), primary_key=True),
    Column("fence", BigInteger, primary_key=True),
    Column("order_id", String(36), nullable=False),
    Column("status", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("said", Text, comment="the beginning of the answer; none: erased"),
    Column("at", UtcDateTime(), nullable=False),
)
Index("ix_exchanges_order_id", exchanges.c.order_id)
Index("ix_exchanges_at", exchanges.c.at)

own_keys = Table(
    "own_keys",
    metadata,
    Column("name", String(40), primary_key=True, comment="vapid"),
    Column("value", Text, nullable=False, comment="sealed"),
    Column("created_at", UtcDateTime(), nullable=False),
)
