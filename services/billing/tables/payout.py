"""What marketplaces and providers paid out, line by line, and which order each line belongs to."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from services.billing.tables.metadata import metadata
from shared.database import UtcDateTime

payouts = Table(
    "payouts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("source", String(20), nullable=False, doc="amazon, ebay, …; also the method of the payments booked"),
    Column("reference", String(120), nullable=False, doc="the settlement's or payout's own id"),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, doc="as stated by the source; none: it states nothing"),
    Column("paid_on", Date),
    Column("actor", Text, nullable=False),
    Column("recorded_at", UtcDateTime(), nullable=False),
    UniqueConstraint("shop", "source", "reference", name="uq_payouts_reference"),
    Index("ix_payouts_shop", "shop", "id"),
)

payout_lines = Table(
    "payout_lines",
    metadata,
    Column("payout_id", String(36), ForeignKey("payouts.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("source", String(20), nullable=False),
    Column("external_id", String(80), doc="the marketplace's order id or ours; none: of no order"),
    Column("kind", String(20), nullable=False, doc="sale, refund, fee, other"),
    Column("amount", BigInteger, nullable=False, doc="signed: what it adds to the payout"),
    Column("text", Text, nullable=False),
    Column("order_id", String(36), doc="none: not matched yet"),
    Index("ix_payout_lines_order", "order_id"),
)
_open = payout_lines.c.order_id.is_(None) & payout_lines.c.external_id.is_not(None)
Index(
    "ix_payout_lines_unmatched",
    payout_lines.c.shop,
    payout_lines.c.external_id,
    postgresql_where=_open,
    sqlite_where=_open,
)
