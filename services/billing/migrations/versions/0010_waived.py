"""What refunds waived, kept beside the money; invoices of which nothing is left but units are not live.

Until now a refund left a debt, and an invoice that money alone emptied was kept as a live one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

EMPTIED = """
DELETE FROM live_invoices WHERE document_id IN (
    SELECT invoice.id FROM documents AS invoice JOIN documents AS note ON note.refers_to = invoice.id
    WHERE invoice.kind = 'invoice' AND invoice.gross > 0 AND note.kind = 'credit_note'
    GROUP BY invoice.id, invoice.gross HAVING SUM(note.gross) = invoice.gross
)
"""


def upgrade() -> None:
    op.add_column("accounts", sa.Column("waived", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE accounts SET waived = refunded")
    op.execute(EMPTIED)
