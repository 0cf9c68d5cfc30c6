"""Obligations, the journal of their attempts, the pace of each lane, access tokens.

An obligation is one effect that an order asks for; its unique key makes it happen at most once. `due_at` says that a
worker has something to do (none: it is closed, or waits for a person). Leases are in seconds of the database's own
clock, which all workers share; all else is in the injected clock.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.notifications.tables.metadata import metadata
from shared.database import Json, UtcDateTime

obligations = Table(
    "obligations",
    metadata,
    Column("id", String(36), primary_key=True, comment="UUIDv7; the mail's Message-ID"),
    Column("order_id", String(36), nullable=False),
    Column("shop", String(40), nullable=False, comment="also the account of the lane"),
    Column("code", String(40), nullable=False),
    Column("channel", String(20), nullable=False, comment="mail, sms, amazon, ebay"),
    Column("verb", String(20), nullable=False, comment="send, confirm; with channel and shop it is the lane"),
    Column("subject", String(64), nullable=False, comment="the entry's id, or parcel/1"),
    Column("role", String(20), nullable=False),
    Column("revision", Integer, nullable=False, comment="re-sending of a text, content revision of a parcel"),
    Column("sequence", String(100), nullable=False, comment="what must leave one after the other"),
    Column("position", BigInteger, nullable=False, comment="its place there"),
    Column("state", String(10), nullable=False),
    Column("due_at", UtcDateTime()),
    Column("since", UtcDateTime(), nullable=False, comment="when it became due at first, or by a person's hand"),
    Column("asked_at", UtcDateTime(), nullable=False, comment="the entry's moment"),
    Column("changed_at", UtcDateTime(), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("attempted_at", UtcDateTime()),
    Column("unsure_since", UtcDateTime(), comment="an attempt of this moment may have taken effect"),
    Column("fence", BigInteger, nullable=False, default=0, comment="raised by every claim"),
    Column("lease_until", Float, comment="seconds of the database's clock"),
    Column("reference", Text, comment="the other side's id"),
    Column("reason", Text),
    Column("traceparent", String(60)),
    Column("version", BigInteger, nullable=False, comment="the order version that the payload is a copy of"),
    Column("payload", Json(), comment="none: forgotten, by request or by age"),
    Column("attachments", Json(), comment="documents that a mail takes along"),
    UniqueConstraint("order_id", "channel", "verb", "subject", "role", "revision", name="uq_obligations_key"),
)
Index("ix_obligations_code", obligations.c.shop, obligations.c.code)
Index("ix_obligations_changed_at", obligations.c.changed_at)
_sms = obligations.c.channel == "sms"
Index(
    "ix_obligations_reference",
    obligations.c.shop,
    obligations.c.reference,
    postgresql_where=_sms,
    sqlite_where=_sms,
)
_due = obligations.c.due_at.is_not(None)
Index(
    "ix_obligations_lane",
    obligations.c.channel,
    obligations.c.shop,
    obligations.c.verb,
    obligations.c.due_at,
    postgresql_where=_due,
    sqlite_where=_due,
)
Index(
    "ix_obligations_sequence",
    obligations.c.sequence,
    obligations.c.position,
    postgresql_where=_due,
    sqlite_where=_due,
)

attempts = Table(
    "attempts",
    metadata,
    Column("obligation_id", String(36), primary_key=True),
    Column("fence", BigInteger, primary_key=True),
    Column("order_id", String(36), nullable=False),
    Column("started_at", UtcDateTime(), nullable=False, comment="committed before the call"),
    Column("ended_at", UtcDateTime()),
    Column("outcome", String(10), comment="none: in flight, or its process died"),
    Column(
        "late", Boolean, nullable=False, default=False, comment="came back after its lease had gone to another worker"
    ),
    Column("reference", Text),
    Column("reason", Text),
)
Index("ix_attempts_order_id", attempts.c.order_id)
Index("ix_attempts_started_at", attempts.c.started_at)

lanes = Table(
    "lanes",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("shop", String(40), primary_key=True),
    Column("verb", String(20), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("refilled_at", UtcDateTime(), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("opened_at", UtcDateTime(), comment="the breaker is open since"),
    Column("probe_at", UtcDateTime()),
    Column("quiet_until", UtcDateTime()),
    Column("reason", Text),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("shop", String(40), primary_key=True),
    Column("value", Text, nullable=False, comment="short-lived; refresh tokens stand in the settings only"),
    Column("refresh_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
)
