"""References, technical sheets and images of products."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    document = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "sheets",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("references", document, nullable=False),
        sa.Column("technical", document, nullable=False),
        sa.ForeignKeyConstraint(["shop", "sku"], ["products.shop", "products.sku"], name="fk_sheets_products"),
    )
    op.create_table(
        "blobs",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "images",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("sha256", sa.String(64)),
        sa.ForeignKeyConstraint(["shop", "sku"], ["products.shop", "products.sku"], name="fk_images_products"),
        sa.ForeignKeyConstraint(["shop", "sha256"], ["blobs.shop", "blobs.sha256"], name="fk_images_blobs"),
        sa.UniqueConstraint("shop", "sku", "url", name="uq_images_url"),
        sa.UniqueConstraint("shop", "sku", "sha256", name="uq_images_sha256"),
        sa.CheckConstraint("(url IS NULL) <> (sha256 IS NULL)", name="ck_images_one_source"),
    )
    op.create_index("ix_images_blob", "images", ["shop", "sha256"])
