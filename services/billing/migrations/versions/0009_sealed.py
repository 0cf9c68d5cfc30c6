"""What was issued is not replaced either, and a PDF once typeset keeps its row, which says whether it is PDF/A.

`INSERT OR REPLACE` of SQLite takes a row away without telling its triggers of a deletion. So the insertion itself is
refused where a sealed row has one of its keys (`rowid` is one, too). The same bytes again, and the request to typeset
what is typeset, stay no matter: they insert nothing. A later migration that copies a table on SQLite makes these anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEYS = {
    "documents": (
        ("id",),
        ("shop", "series", "year", "n"),
        ("shop", "number"),
        ("order_id", "position"),
        ("order_id", "kind", "scope", "generation"),
        ("seller", "series", "year", "n"),
        ("seller", "number"),
    ),
    "papers": (("id",), ("order_id", "kind")),
    "blobs": (("sha256",),),
    "themes": (("shop", "version"),),
    "payments": (("id",),),
    "external_invoices": (("id",),),
    "external_voids": (("invoice_id",),),
    "closings": (("seller", "n"), ("seller", "period", "ends_on")),
    "renderings": (("document_id",),),
}
HARMLESS = {
    "blobs": "sealed.content = NEW.content",
    "renderings": "NEW.sha256 IS NULL",
}
"""Which insertions are passed over in silence, as `ON CONFLICT DO NOTHING` asks."""
RENDERED = "sha256 IS NOT NULL"


def upgrade() -> None:
    op.add_column("renderings", sa.Column("archivable", sa.Boolean))
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER renderings_no_{event.lower()} BEFORE {event} ON renderings WHEN OLD.{RENDERED} "
                "BEGIN SELECT RAISE(ABORT, 'renderings are immutable'); END"
            )
        for table in KEYS:
            _refuse_replacement(table)
        return
    op.execute(
        "CREATE TRIGGER renderings_immutable BEFORE UPDATE OR DELETE ON renderings "
        f"FOR EACH ROW WHEN (OLD.{RENDERED}) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER renderings_kept BEFORE TRUNCATE ON renderings "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _refuse_replacement(table: str) -> None:
    taken = [" AND ".join(f"sealed.{name} = NEW.{name}" for name in key) for key in (("rowid",), *KEYS[table])]
    refusal = f"RAISE(ABORT, '{table} are immutable')"
    if harmless := HARMLESS.get(table):
        refusal = f"CASE WHEN {harmless} THEN RAISE(IGNORE) ELSE {refusal} END"
    of = f" AND sealed.{RENDERED}" if table == "renderings" else ""
    op.execute(
        f"CREATE TRIGGER {table}_no_insert BEFORE INSERT ON {table} "  # noqa: S608 - names from above
        f"BEGIN SELECT {refusal} FROM {table} sealed WHERE ({' OR '.join(f'({one})' for one in taken)}){of}; END"
    )
