"""How money is asked for and given back: methods, charges, refunds, calls to providers, what providers told us.

A charge is one attempt of a client to pay; money itself stands in `payments`, which is only ever added to. A call is
one thing that a provider is asked to do, claimed by a worker under a lease with a fence and journaled. Neighbours:
`money` (the accounts and what was booked on them), `payout` (what marketplaces pay out).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.billing.tables.metadata import metadata
from shared.database import Json, UtcDateTime

payment_methods = Table(
    "payment_methods",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("method", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("names", Json(), nullable=False, doc="language → what clients read"),
    Column("instructions", Json(), nullable=False, doc="language → what a client has to do"),
    Column("active", Boolean, nullable=False),
    Column("provider", String(20)),
    Column("capture_later", Boolean, nullable=False),
)
"""A shop's own list; a shop without rows has the usual one (`domain.methods`)."""

charges = Table(
    "charges",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("method", String(40), nullable=False),
    Column("account", String(60), doc="of the provider; null: announced, and paid outside"),
    Column("capture_later", Boolean, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("language", String(12), nullable=False),
    Column("return_to", Text, nullable=False, doc="the payment page's own address"),
    Column("state", String(12), nullable=False),
    Column("session", String(255)),
    Column("intent", String(255)),
    Column("url", Text, doc="the provider's page"),
    Column("expires_at", UtcDateTime()),
    Column("captured", BigInteger, nullable=False, doc="of the provider's captures, what is booked"),
    Column("dispute", String(40)),
    Column("reason", Text),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("changed_at", UtcDateTime(), nullable=False),
    CheckConstraint("amount > 0", name="ck_charges_amount"),
    Index("ix_charges_order", "order_id", "id"),
    Index("ix_charges_session", "session"),
    Index("ix_charges_intent", "intent"),
)
_unfinished = charges.c.state.in_(("open", "processing", "authorised"))
Index("ix_charges_unfinished", charges.c.changed_at, postgresql_where=_unfinished, sqlite_where=_unfinished)

refunds = Table(
    "refunds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("number", Integer, nullable=False, doc="1, 2, 3… of the order"),
    Column("charge_id", String(36), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(12), nullable=False),
    Column("document_id", String(36), doc="the credit note that is paid back"),
    Column("reference", String(255), doc="the provider's id"),
    Column("reason", Text),
    Column("actor", Text, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("changed_at", UtcDateTime(), nullable=False),
    CheckConstraint("amount > 0", name="ck_refunds_amount"),
    UniqueConstraint("order_id", "number", name="uq_refunds_number"),
    UniqueConstraint("charge_id", "reference", name="uq_refunds_reference"),
)
"""Refunds by a provider, wished here or made in its own back office. Those by hand are `payments` alone."""

provider_calls = Table(
    "provider_calls",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("account", String(60), nullable=False),
    Column("charge_id", String(36), nullable=False, doc="calls about one charge are made one after the other"),
    Column("refund_id", String(36)),
    Column("verb", String(10), nullable=False, doc="open, look, expire, capture, refund"),
    Column("key", String(255), nullable=False, doc="the Idempotency-Key, stored before the first attempt"),
    Column("state", String(12), nullable=False),
    Column("due_at", UtcDateTime(), doc="none: closed"),
    Column("lease_until", UtcDateTime()),
    Column("fence", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", UtcDateTime(), doc="of the first attempt: providers forget keys after a day"),
    Column("unsure", Boolean, nullable=False, doc="an attempt may have taken effect"),
    Column("reason", Text),
    Column("traceparent", String(60)),
    Column("created_at", UtcDateTime(), nullable=False),
    UniqueConstraint("key", name="uq_provider_calls_key"),
    Index("ix_provider_calls_charge", "charge_id", "id"),
)
_due = provider_calls.c.due_at.is_not(None)
Index("ix_provider_calls_due", provider_calls.c.due_at, postgresql_where=_due, sqlite_where=_due)

provider_journal = Table(
    "provider_journal",
    metadata,
    Column("call_id", String(36), primary_key=True),
    Column("fence", BigInteger, primary_key=True),
    Column("started_at", UtcDateTime(), nullable=False, doc="committed before the call"),
    Column("ended_at", UtcDateTime()),
    Column("outcome", String(12), doc="none: in flight, or its process died"),
    Column("reason", Text),
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("account", String(60), primary_key=True),
    Column("event", String(255), primary_key=True),
    Column("kind", String(100), nullable=False),
    Column("charge_id", String(36), doc="none: of no charge of ours, or of a kind we do not know"),
    Column("body", Text, nullable=False),
    Column("received_at", UtcDateTime(), nullable=False),
)
"""Every event that a provider signed, once, without what it says of a person; those that mean nothing here are kept
for whoever wonders."""
