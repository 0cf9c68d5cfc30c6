"""The words by which orders are found, written in the transaction that changes them (`commands.searching`)."""

from sqlalchemy import Column, Index, String, Table, Text

from services.orders.tables.metadata import metadata

order_terms = Table(
    "order_terms",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("term", Text, primary_key=True),  # folded
    Column("shop", String(40), nullable=False),
    Index("ix_order_terms_shop_term", "shop", "term", "kind", "order_id", postgresql_ops={"term": "text_pattern_ops"}),
)
