"""The money side of each order: what was heard of it, what was paid and paid back."""

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
    Column("waived", BigInteger, nullable=False, default=0, server_default="0", doc="refunded, and not owed again"),
    Column("late", Boolean, nullable=False, default=False, doc="money came while the order was not payable"),
    Column("waiting", Boolean, nullable=False, default=False, doc="for its shop to be heard of"),
    Column("rate_missing", String(3), doc="the currency whose rate of exchange its documents wait for"),
    Column("external_id", String(80), doc="the marketplace's id of the order"),
    Column("progress", String(12), doc="of charges that took nothing yet: pending, authorised, failed"),
    Column("concern", String(40), doc="what a person has to see to, beyond the amounts: disputed, …"),
    Column("link_sent", Integer, nullable=False, default=0, doc="how often the payment link was to be mailed"),
    Column("link_url", Text),
    Column("link_asked_at", UtcDateTime()),
    CheckConstraint("refunded BETWEEN 0 AND captured", name="ck_accounts_refunded"),
    UniqueConstraint("shop", "code", name="uq_accounts_code"),
    Index("ix_accounts_external_id", "shop", "external_id"),
)
"""The money side of each order that was heard of."""

_waiting = accounts.c.waiting
Index("ix_accounts_waiting", accounts.c.order_id, postgresql_where=_waiting, sqlite_where=_waiting)
_unrated = accounts.c.rate_missing.is_not(None)
Index(
    "ix_accounts_rate_missing",
    accounts.c.shop,
    accounts.c.rate_missing,
    postgresql_where=_unrated,
    sqlite_where=_unrated,
)

payments = Table(
    "payments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(36), nullable=False),
    Column("kind", String(10), nullable=False, doc="capture, refund, and what takes one back: reversal, return"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("method", String(40), nullable=False),
    Column("reference", String(120)),
    Column("payable", Boolean, nullable=False, doc="whether the order asked for money then"),
    Column("actor", Text, nullable=False),
    Column("recorded_at", UtcDateTime(), nullable=False),
    Column("charge_id", String(36), doc="of a provider's money"),
    Column("document_id", String(36), doc="the credit note that a refund pays back"),
    CheckConstraint("amount > 0", name="ck_payments_amount"),
    CheckConstraint("kind IN ('capture', 'refund', 'reversal', 'return')", name="ck_payments_kind"),
    Index("ix_payments_order", "order_id", "id"),
    Index("ix_payments_shop", "shop", "recorded_at", "id"),
)
"""Every movement of money, by hand or by a provider; a mistake is corrected by another row."""
