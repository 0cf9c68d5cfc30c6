"""What SMS providers reported, the furthest of each message; a row may come before its delivery knows of it.

`commands.sms_reports` writes them and draws the consequences; `queries.sms_reports` shows them.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from services.notifications.tables.metadata import metadata
from shared.database import UtcDateTime

sms_reports = Table(
    "sms_reports",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("message", String(200), primary_key=True, comment="the provider's id of it; ours, where it gives none"),
    Column("delivery", String(36), comment="the obligation; none: not known yet"),
    Column("rank", Integer, nullable=False),
    Column("reached", String(20), nullable=False),
    Column("code", Text, comment="why it failed"),
    Column("at", UtcDateTime(), nullable=False, comment="when we were told so"),
    Column("heeded_at", UtcDateTime(), comment="none: what it means was not looked at yet"),
)
Index("ix_sms_reports_delivery", sms_reports.c.delivery)
Index("ix_sms_reports_at", sms_reports.c.at)
_new = sms_reports.c.heeded_at.is_(None)
Index("ix_sms_reports_new", sms_reports.c.at, postgresql_where=_new, sqlite_where=_new)
