"""An order's documents as billing names them, and whom they are mailed to.

Which of them a mail takes along stands on its obligation (`delivery`), so that nothing is sent a second time.
"""

from sqlalchemy import BigInteger, Boolean, Column, String, Table

from services.notifications.tables.metadata import metadata
from shared.database import Json, UtcDateTime

order_papers = Table(
    "order_papers",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("code", String(40), comment="none: the order was not heard yet"),
    Column("heard", BigInteger, nullable=False, comment="the order version that billing has applied"),
    Column("complete", Boolean, nullable=False, comment="every document of that version is typeset"),
    Column("papers", Json(), nullable=False, comment="the documents that have bytes"),
    Column("client", Json(), comment="whom they are mailed to; none: nobody was written to, or erased"),
    Column("merchant", Boolean, nullable=False, comment="administrators were written to"),
    Column("changed_at", UtcDateTime(), nullable=False),
)
