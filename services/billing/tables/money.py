"""The money side of each order: what was heard of it, what was paid and paid back."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from services.billing.tables.metadata import metadata
from shared.database import UtcDateTime

accounts = Table(
    "accounts",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("code", String(40), nullable=False),
    Column("version", BigInteger, nullable=False, doc="of the order, as applied"),
    Column("body", Text, nullable=False, doc="the order's message without its entries"),
    Column("captured", BigInteger, nullable=False, default=0),
    Column("refunded", BigInteger, nullable=False, default=0),
    Column("late", Boolean, nullable=False, default=False, doc="money came while the order was not payable"),
    Column("waiting", Boolean, nullable=False, default=False, doc="for its shop to be heard of"),
    CheckConstraint("refunded BETWEEN 0 AND captured", name="ck_accounts_refunded"),
    UniqueConstraint("shop", "code", name="uq_accounts_code"),
)
"""The money side of each order that was heard of."""

_waiting = accounts.c.waiting
Index("ix_accounts_waiting", accounts.c.order_id, postgresql_where=_waiting, sqlite_where=_waiting)

payments = Table(
    "payments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("kind", String(10), nullable=False, doc="capture or refund"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("method", String(40), nullable=False),
    Column("reference", String(120)),
    Column("payable", Boolean, nullable=False, doc="whether the order asked for money then"),
    Column("actor", Text, nullable=False),
    Column("recorded_at", UtcDateTime(), nullable=False),
    CheckConstraint("amount > 0", name="ck_payments_amount"),
    CheckConstraint("kind IN ('capture', 'refund')", name="ck_payments_kind"),
    Index("ix_payments_order", "order_id", "id"),
)
