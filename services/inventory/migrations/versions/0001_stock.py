"""Products, ledger, order lines and demands; the ledger's triggers; what every service has."""

import sqlalchemy as sa
from alembic import op

from shared.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PRESENT = "CASE WHEN on_hand > 0 THEN on_hand ELSE 0 END"


def upgrade() -> None:
    _products()
    _movements()
    _guard_the_ledger()
    _demands()
    _messages()
    _access()


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("price", sa.String(40)),
        sa.Column("currency", sa.String(3)),
        sa.Column("tax_rate", sa.String(40)),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("demand", sa.BigInteger, nullable=False),
        sa.Column("allocated", sa.BigInteger, nullable=False),
        sa.Column("discrepancy_since", UtcDateTime()),
        sa.Column("movements", sa.BigInteger, nullable=False),
        sa.Column("edition", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("dirty", sa.Boolean, nullable=False),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("publish_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"allocated BETWEEN 0 AND {PRESENT}", name="ck_products_allocated_is_there"),
        sa.CheckConstraint(
            f"allocated <= demand AND (allocated = demand OR allocated = {PRESENT})", name="ck_products_nothing_waits"
        ),
        sa.CheckConstraint("(discrepancy_since IS NULL) = (on_hand >= 0)", name="ck_products_discrepancy"),
        sa.CheckConstraint("title IS NULL OR version > 0", name="ck_products_version"),
    )
    op.create_index("ix_products_publish_at", "products", ["publish_at"])
    _create_partial_index("ix_products_discrepancy", "products", ["shop", "sku"], "on_hand < 0")


def _movements() -> None:
    op.create_table(
        "movements",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("order_id", sa.String(36)),
        sa.Column("line", sa.Integer),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop", "sku"], ["products.shop", "products.sku"], name="fk_movements_products"),
        sa.UniqueConstraint("shop", "sku", "number", name="uq_movements_number"),
        sa.CheckConstraint("quantity <> 0", name="ck_movements_quantity"),
    )
    op.create_index("ix_movements_shop", "movements", ["shop", "id"])


def _guard_the_ledger() -> None:
    """A movement is never changed or taken away; a mistake is corrected by another movement."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER movements_no_{event.lower()} BEFORE {event} ON movements "
                "BEGIN SELECT RAISE(ABORT, 'the ledger of movements is immutable'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the ledger of movements is immutable' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    op.execute(
        "CREATE TRIGGER movements_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON movements "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
    )


def _demands() -> None:
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("shipped", sa.BigInteger, nullable=False),
        sa.Column("restocked", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["shop", "sku"], ["products.shop", "products.sku"], name="fk_order_lines_products"),
    )
    op.create_index("ix_order_lines_product", "order_lines", ["shop", "sku"])
    op.create_table(
        "demands",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since", UtcDateTime(), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("allocated", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "line"], ["order_lines.order_id", "order_lines.line"], name="fk_demands_lines"
        ),
        sa.CheckConstraint("quantity > 0", name="ck_demands_quantity"),
        sa.CheckConstraint("allocated BETWEEN 0 AND quantity", name="ck_demands_allocated"),
    )
    rank = ["shop", "sku", "since", "order_id", "line"]
    _create_partial_index("ix_demands_waiting", "demands", rank, "allocated < quantity")
    _create_partial_index("ix_demands_holding", "demands", rank, "allocated > 0")
    op.create_table(
        "marks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "outbox",
        sa.Column("message", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_outbox_created_at", "outbox", ["created_at"])
    op.create_table(
        "answers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("heard", sa.BigInteger, nullable=False),
        sa.Column("open", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_answers_changed_at", "answers", ["changed_at"])
    op.create_table(
        "guards",
        sa.Column("message", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("parked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "parked",
        sa.Column("message", sa.String(60), primary_key=True),
        sa.Column("key", sa.String(300), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


def _access() -> None:
    op.create_table(
        "shops",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(condition))
