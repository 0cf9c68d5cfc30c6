"""What reports of undelivered mails said, so that the same report does nothing twice.

Addresses stand here as digests alone; the readable one is in the delivery's reason, which erasing a person empties.
"""

from sqlalchemy import Boolean, Column, Index, String, Table

from services.notifications.tables.metadata import metadata
from shared.database import UtcDateTime

bounces = Table(
    "bounces",
    metadata,
    Column("report", String(64), primary_key=True, comment="digest of the report's Message-ID"),
    Column("recipient", String(64), primary_key=True, comment="digest of the address"),
    Column("obligation_id", String(36), nullable=False),
    Column("failed", Boolean, nullable=False, comment="for good; else the mail is late"),
    Column("status", String(20), nullable=False, comment="5.1.1"),
    Column("at", UtcDateTime(), nullable=False),
)
Index("ix_bounces_obligation_id", bounces.c.obligation_id)
