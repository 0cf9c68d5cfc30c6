"""Back orders allowed, limited or refused per product, and its safety stock; what is there so far allows them all.

The columns bring their constraints along, since SQLite adds none to a table, and rewriting this one would touch all
that refers to it.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LIMITED = "(backorder = 'limited') = (backorder_limit IS NOT NULL)"


def upgrade() -> None:
    for column in (
        "backorder VARCHAR(20) NOT NULL DEFAULT 'allowed'",
        "backorder_limit BIGINT CONSTRAINT ck_products_backorder "
        f"CHECK ({LIMITED} AND (backorder_limit IS NULL OR backorder_limit >= 0))",
        "safety BIGINT NOT NULL DEFAULT 0 CONSTRAINT ck_products_safety CHECK (safety >= 0)",
    ):
        op.execute(f"ALTER TABLE products ADD COLUMN {column}")
