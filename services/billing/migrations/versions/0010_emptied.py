"""Invoices of which nothing is left but units are not live: they were kept so where money alone took all of them."""

from alembic import op

revision = "0010"
down_revision = "0008"
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
    op.execute(EMPTIED)
