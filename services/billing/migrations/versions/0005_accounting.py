"""Sellers, whose series the shops share; formats of numbers, closed days, accounts. Numbers and series stay."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.database import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FORMAT = "{series}{year}-{n:05}"
KIND_OF_SERIES = """
UPDATE series SET kind = (
    SELECT CASE WHEN COUNT(DISTINCT d.kind) = 1 THEN MIN(d.kind) END FROM documents d
    WHERE d.shop = series.seller AND d.series = series.series AND d.year = series.year
)
"""


def upgrade() -> None:
    _sellers()
    _series()
    _documents()
    _closings()
    op.create_table(
        "account_plans",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("body", Json(), nullable=False),
    )


def _sellers() -> None:
    """Each shop that has issued is a seller of its own; of two with one SIREN, later shops join the first."""
    sellers = op.create_table(
        "sellers",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("legal_id", sa.String(40)),
        sa.Column("closed_on", sa.Date),
        sa.Column("closings", sa.BigInteger, nullable=False),
        sa.Column("closing_hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("legal_id", name="uq_sellers_legal_id"),
    )
    members = op.create_table(
        "shop_sellers",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("seller", sa.String(40), sa.ForeignKey("sellers.id", name="fk_shop_sellers_sellers"), nullable=False),
    )
    found = _issuing_shops()
    if found:
        op.bulk_insert(sellers, found)
        op.bulk_insert(members, [{"shop": row["id"], "seller": row["id"]} for row in found])


def _issuing_shops() -> list[dict[str, Any]]:
    bind = op.get_bind()
    bodies = {row.shop: row.body for row in bind.execute(sa.text("SELECT shop, body FROM shops"))}
    taken, found = set(), []
    for shop in bind.execute(sa.text("SELECT DISTINCT shop FROM series ORDER BY shop")).scalars():
        legal = json.loads(bodies[shop])["legal"] if shop in bodies else {}
        legal_id = "".join(filter(str.isalnum, legal.get("siren") or legal.get("vat_number") or "")).upper()[:40]
        free = legal_id and legal_id not in taken
        taken.add(legal_id)
        found.append({"id": shop, "legal_id": legal_id if free else None, "closings": 0, "closing_hash": "0" * 64})
    return found


def _series() -> None:
    op.execute("ALTER TABLE series RENAME COLUMN shop TO seller")
    op.add_column("series", sa.Column("format", sa.String(60), nullable=False, server_default=FORMAT))
    op.add_column("series", sa.Column("kind", sa.String(20)))
    op.execute(KIND_OF_SERIES)
    op.create_table(
        "series_formats",
        sa.Column(
            "seller", sa.String(40), sa.ForeignKey("sellers.id", name="fk_series_formats_sellers"), primary_key=True
        ),
        sa.Column("series", sa.String(20), primary_key=True),
        sa.Column("from_year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("format", sa.String(60), nullable=False),
    )


def _documents() -> None:
    """The one change that an issued row ever sees: whose it is."""
    op.add_column("documents", sa.Column("seller", sa.String(40), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER documents_no_update")
        op.execute("UPDATE documents SET seller = shop")
        _refuse_on_sqlite("documents", "UPDATE")
    else:
        op.execute("ALTER TABLE documents DISABLE TRIGGER documents_immutable")
        op.execute("UPDATE documents SET seller = shop")
        op.execute("ALTER TABLE documents ENABLE TRIGGER documents_immutable")
    op.create_index("uq_documents_seller_n", "documents", ["seller", "series", "year", "n"], unique=True)
    op.create_index("uq_documents_seller_number", "documents", ["seller", "number"], unique=True)
    op.create_index("ix_documents_day", "documents", ["shop", "issued_on", "id"])
    op.create_index("ix_documents_seller_day", "documents", ["seller", "issued_on"])


def _closings() -> None:
    op.create_table(
        "closings",
        sa.Column("seller", sa.String(40), sa.ForeignKey("sellers.id", name="fk_closings_sellers"), primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("period", sa.String(5), nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("seller", "period", "ends_on", name="uq_closings_period"),
        sa.CheckConstraint("period IN ('day', 'month', 'year')", name="ck_closings_period"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            _refuse_on_sqlite("closings", event)
    else:
        op.execute(
            "CREATE TRIGGER closings_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON closings "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _refuse_on_sqlite(table: str, event: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} are immutable'); END"
    )
