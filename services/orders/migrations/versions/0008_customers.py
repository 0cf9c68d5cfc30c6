"""Clients: accounts, numbers, tags, the words by which they are found, and the record that each order belongs to.

Records that are there already are found by their words from now on, which are folded in Python as new ones are, a page
at a time; they become accounts nowhere by themselves.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from services.orders.domain.search import email_words, words
from shared.database import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PAGE = 1000

_customers = sa.table(
    "customers",
    sa.column("id", sa.String),
    sa.column("shop", sa.String),
    sa.column("email", sa.String),
    sa.column("name", sa.String),
    sa.column("details", Json()),
)
_terms = sa.table("customer_terms", *(sa.column(name, sa.String) for name in ("customer_id", "kind", "term", "shop")))


def upgrade() -> None:
    for column in _columns():
        op.add_column("customers", column)
    op.create_index("ux_customers_shop_number", "customers", ["shop", "number"], unique=True)
    op.create_index("ix_customers_by_id", "customers", ["shop", "account", "id"])
    op.create_index("ix_customers_by_name", "customers", ["shop", "account", "name", "id"])
    _search()
    _orders()
    _space()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("account", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("number", sa.String(100)),
        sa.Column("tags", Json(), nullable=False, server_default="[]"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("erased_at", UtcDateTime()),
        sa.Column("ways_in", sa.BigInteger, nullable=False, server_default="0"),
    ]


def _search() -> None:
    op.create_table(
        "customer_terms",
        sa.Column("customer_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("term", sa.Text, primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
    )
    for page in _pages(op.get_bind()):
        op.get_bind().execute(sa.insert(_terms), [term for row in page for term in _terms_of(row)])
    op.create_index(
        "ix_customer_terms_shop_term",
        "customer_terms",
        ["shop", "term", "kind", "customer_id"],
        postgresql_ops={"term": "text_pattern_ops"},
    )


def _pages(bind: sa.Connection) -> Iterator[list[Any]]:
    last = ""
    while rows := list(
        bind.execute(sa.select(_customers).where(_customers.c.id > last).order_by(_customers.c.id).limit(PAGE))
    ):
        yield rows
        last = rows[-1].id


def _terms_of(row: Any) -> list[dict[str, str]]:
    found = words(f"{row.name} {row.details.get('company') or ''}") | email_words(row.email)
    return [{"customer_id": row.id, "kind": "client", "term": term, "shop": row.shop} for term in sorted(found)]


def _orders() -> None:
    """Each order belongs to the client who has its address; it was kept by that until now."""
    op.add_column("orders", sa.Column("customer_id", sa.String(36)))
    same = "customers.shop = orders.shop AND customers.email = orders.email"
    op.execute(f"UPDATE orders SET customer_id = (SELECT customers.id FROM customers WHERE {same})")  # noqa: S608 - our own words
    living: dict[str, Any] = {
        "postgresql_where": sa.text("deleted_at IS NULL"),
        "sqlite_where": sa.text("deleted_at IS NULL"),
    }
    op.create_index("ix_orders_list_customer", "orders", ["customer_id", "placed_at"], **living)


def _space() -> None:
    """What a shop does with its clients, and the space that they may have."""
    op.create_table(
        "customer_settings",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("space", sa.Boolean, nullable=False),
        sa.Column("tagging", sa.Boolean, nullable=False),
        sa.Column("tag_rules", Json(), nullable=False),
    )
    op.create_table(
        "account_requests",
        sa.Column("shop", sa.String(40), primary_key=True),
        sa.Column("email", sa.String(320), primary_key=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
    )
    op.create_table("account_links", *_secret(), sa.Column("used_at", UtcDateTime()))
    op.create_index("ix_account_links_customer_id", "account_links", ["customer_id", "created_at"])
    op.create_index("ix_account_links_shop", "account_links", ["shop", "created_at"])
    op.create_table("account_sessions", *_secret())
    op.create_index("ix_account_sessions_customer_id", "account_sessions", ["customer_id"])
    op.create_index("ix_account_sessions_expires_at", "account_sessions", ["expires_at"])
    op.create_table(
        "wishes",
        sa.Column("customer_id", sa.String(36), primary_key=True),
        sa.Column("sku", sa.Text, primary_key=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "news",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("texts", Json(), nullable=False),
        sa.Column("starts_at", UtcDateTime()),
        sa.Column("ends_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_news_shop_id", "news", ["shop", "id"])


def _secret() -> list[sa.Column[Any]]:
    """A link or a session: its hash, whose it is, how long it is good."""
    return [
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("shop", sa.String(40), nullable=False),
        sa.Column("customer_id", sa.String(36), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    ]
