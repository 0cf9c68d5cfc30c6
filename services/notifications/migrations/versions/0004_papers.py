"""What billing says of an order's documents, whom they are mailed to, and which documents each mail takes along."""

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_papers",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("code", sa.String(40), comment="none: the order was not heard yet"),
        sa.Column("heard", sa.BigInteger, nullable=False, comment="the order version that billing has applied"),
        sa.Column("complete", sa.Boolean, nullable=False, comment="every document of that version is typeset"),
        sa.Column("papers", Json(), nullable=False, comment="the documents that have bytes"),
        sa.Column("client", Json(), comment="whom they are mailed to; none: nobody was written to, or erased"),
        sa.Column("merchant", sa.Boolean, nullable=False, comment="administrators were written to"),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.add_column("obligations", sa.Column("attachments", Json(), comment="documents that a mail takes along"))
