"""The list of orders and its search: columns that only JSON had, the words that orders are found by, indexes.

The words of orders that are there already are folded in Python, as new ones are, a page of orders at a time.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from services.orders.domain.search import Kind, code_words, email_words, identifier, words
from shared.database import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PAGE = 1000
FILTERS = ("status", "type", "channel", "payment", "stock", "invoice", "language", "country", "currency")
SORTS = ("placed_at", "gross", "updated_at", "code")

_orders = sa.table(
    "orders",
    sa.column("id", sa.String),
    sa.column("shop", sa.String),
    sa.column("code", sa.String),
    sa.column("external_id", sa.String),
    sa.column("email", sa.String),
    sa.column("customer", Json()),
    sa.column("billing_address", Json()),
    sa.column("shipping_address", Json()),
    sa.column("country", sa.String),
)
_lines = sa.table("lines", sa.column("order_id", sa.String), sa.column("sku", sa.String))
_parcels = sa.table("parcels", sa.column("order_id", sa.String), sa.column("tracking_number", sa.String))
_terms = sa.table("order_terms", *(sa.column(name, sa.String) for name in ("order_id", "kind", "term", "shop")))


def upgrade() -> None:
    op.add_column("orders", sa.Column("country", sa.String(100)))
    _add_updated_at()
    op.create_table(
        "order_terms",
        sa.Column("order_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("term", sa.Text, primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
    )
    _create_views()
    for page in _pages(op.get_bind()):
        _fill(op.get_bind(), page)
    _add_indexes()
    if op.get_context().dialect.name == "postgresql":
        # Statuses and facts go together (a cancelled order reserves nothing): the planner shall know.
        for name in ("status", "type"):
            op.execute(
                f"CREATE STATISTICS st_orders_{name} (mcv) ON {name}, payment, stock, invoice, channel FROM orders"
            )


def _create_views() -> None:
    op.create_table(
        "views",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ux_views_shop_owner_name", "views", ["shop", "owner", "name"], unique=True)


def _add_updated_at() -> None:
    """Of an order that is there already: the moment of its last entry."""
    column: sa.Column[Any] = sa.Column(
        "updated_at", UtcDateTime(), nullable=False, server_default="1970-01-01 00:00:00+00:00"
    )
    op.add_column("orders", column)
    last = "(SELECT max(at) FROM entries WHERE entries.order_id = orders.id)"
    op.execute(f"UPDATE orders SET updated_at = coalesce({last}, created_at)")  # noqa: S608 - our own words


def _pages(bind: sa.Connection) -> Iterator[list[Any]]:
    last = ""
    while True:
        statement = sa.select(_orders).where(_orders.c.id > last).order_by(_orders.c.id).limit(PAGE)
        rows = list(bind.execute(statement))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _fill(bind: sa.Connection, page: list[Any]) -> None:
    found = {row.id: _terms_of(row) for row in page}
    ids = (page[0].id, page[-1].id)
    for row in bind.execute(sa.select(_lines).where(_lines.c.order_id.between(*ids))):
        found[row.order_id] |= {(Kind.SKU, term) for term in identifier(row.sku)}
    for row in bind.execute(sa.select(_parcels).where(_parcels.c.order_id.between(*ids))):
        found[row.order_id] |= {(Kind.TRACKING, term) for term in identifier(row.tracking_number or "")}
    shops = {row.id: row.shop for row in page}
    rows = [
        {"order_id": id_, "kind": kind.value, "term": term, "shop": shops[id_]}
        for id_, terms in found.items()
        for kind, term in sorted(terms)
    ]
    bind.execute(sa.insert(_terms), rows)
    by_id = sa.update(_orders).where(_orders.c.id == sa.bindparam("the_id"))
    bind.execute(
        by_id.values(country=sa.bindparam("where")), [{"the_id": row.id, "where": _country(row)} for row in page]
    )


def _terms_of(row: Any) -> set[tuple[Kind, str]]:
    named = " ".join(str(row.customer[field]) for field in ("name", "company") if row.customer.get(field))
    client = words(named) | email_words(row.email)
    return (
        {(Kind.CODE, term) for term in code_words(row.code)}
        | {(Kind.CLIENT, term) for term in client}
        | {(Kind.EXTERNAL, term) for term in identifier(row.external_id or "")}
    )


def _country(row: Any) -> str | None:
    address = row.shipping_address or row.billing_address
    return address.get("country") if address else None


def _where(condition: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _add_indexes() -> None:
    op.create_index(
        "ix_order_terms_shop_term",
        "order_terms",
        ["shop", "term", "kind", "order_id"],
        postgresql_ops={"term": "text_pattern_ops"},
    )
    op.drop_index("ix_orders_shop_placed_at_id", "orders")
    op.drop_index("ix_lines_sku", "lines")
    living = _where("deleted_at IS NULL")
    for name in FILTERS:
        op.create_index(f"ix_orders_list_{name}", "orders", ["shop", name, "placed_at"], **living)
    for name in SORTS:
        op.create_index(f"ix_orders_by_{name}", "orders", ["shop", name, "id"], **living)
    op.create_index("ix_orders_list_test", "orders", ["shop", "placed_at"], **_where("test AND deleted_at IS NULL"))
    op.create_index("ix_parcels_carrier", "parcels", ["carrier", "order_id"])
