"""An order: its row, lines, parcels, history and notes.

A change touches one row each of `orders` and `entries` and the lines that moved. Wide values (addresses, texts) are
JSON and are never searched; what lists look for stands in `order_terms`, too.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, false, text

from services.orders.tables.metadata import ExactDecimal, metadata
from shared.database import Json, UtcDateTime

LISTED_BY = ("status", "type", "channel", "payment", "stock", "invoice", "language", "country", "currency")
"""Filters of the list with few values: an index each finds the rare ones, the newest first."""
_ORDERED_BY = ("placed_at", "gross", "updated_at", "code")
"""What the list is sorted by; a page of common values is a short walk along one of these."""


def _where(condition: str) -> dict[str, Any]:
    """A partial index, in the words of both dialects."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


def list_indexes() -> list[Index]:
    """The indexes of the list and its filters; deleted orders are in none of them."""
    living = _where("deleted_at IS NULL")
    return [
        *(Index(f"ix_orders_list_{name}", "shop", name, "placed_at", **living) for name in LISTED_BY),
        *(Index(f"ix_orders_by_{name}", "shop", name, "id", **living) for name in _ORDERED_BY),
        Index("ix_orders_list_customer", "customer_id", "placed_at", **living),
        Index("ix_orders_list_test", "shop", "placed_at", **_where("test AND deleted_at IS NULL")),
    ]


orders = Table(
    "orders",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("code", String(16), nullable=False),
    Column("version", BigInteger, nullable=False),  # what services must know
    Column("revision", BigInteger, nullable=False),  # anything that a page shows
    Column("channel", String(20), nullable=False),
    Column("external_id", String(100)),
    Column("test", Boolean, nullable=False),
    Column("placed_at", UtcDateTime(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("sent_at", UtcDateTime(), nullable=False),  # of the last sending to all services
    Column("currency", String(3), nullable=False),
    Column("prices_include_tax", Boolean, nullable=False),
    Column("language", String(10), nullable=False),
    Column("on_short", String(10), nullable=False),
    Column("email", String(320), nullable=False),  # lower case, for searching
    Column("customer", Json(), nullable=False),
    Column("billing_address", Json()),
    Column("shipping_address", Json()),
    Column("country", String(100)),  # where it goes to
    Column("status", String(60), nullable=False),  # the status's mnemonic
    Column("type", String(20), nullable=False),
    Column("status_name", Text, nullable=False),  # as it was in the order's language
    Column("status_entry", String(36), nullable=False),  # the entry that set the status
    Column("raised_by", String(36), nullable=False),  # the entry that last asked for more stock
    Column("shown", String(10), nullable=False),
    Column("invoice_wanted", Boolean),
    Column("expires_at", UtcDateTime()),  # when the time to pay is over
    Column("automatic", Integer, nullable=False),  # automatic changes since the last human one
    Column("deleted_at", UtcDateTime()),
    Column("credit_on_deletion", Boolean, nullable=False),
    Column("erased", Boolean, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("next_line", Integer, nullable=False),
    Column("parcels", Integer, nullable=False),
    Column("payment", String(20), nullable=False),
    Column("stock", String(20), nullable=False),
    Column("invoice", String(20), nullable=False),
    Column("paid", BigInteger, nullable=False),  # captured less refunded
    Column("waived", BigInteger, nullable=False, server_default="0"),  # of what was refunded: not owed again
    Column("warning", Text),  # what billing wants a person to look at
    Column("heard", BigInteger, nullable=False),  # the version that every service has heard
    Column("settled", Boolean, nullable=False),
    Column("history_token", String(80)),  # of the client's link; null: never made, empty: revoked
    Column("same_as_billing", Boolean, nullable=False, server_default=false()),
    Column("carrier", Text),  # that shall bring it; a parcel has its own
    Column("shipping_method", String(100)),
    Column("pickup", Json()),  # {point, name, address, date} as they were chosen; null: delivered
    Column("customer_group", String(60)),  # the client's when the order was placed; null: none
    Column("payment_method", String(100)),
    Column("purchase_order", String(100)),  # the client's own number for it
    Column("operator", String(100)),
    Column("origin", String(100)),
    Column("indicator", String(60)),
    Column("tags", Json(), nullable=False, server_default="[]"),
    Column("fields", Json(), nullable=False, server_default="{}"),  # the shop's own, by name
    Column("adjustments", Json(), nullable=False, server_default="[]"),  # promotions as they were when they were used
    Column("archived_at", UtcDateTime()),
    Column("updated_at", UtcDateTime(), nullable=False),  # of the last change that a page shows
    Column("counted", BigInteger, nullable=False),  # the revision that the statistics know
    Column("customer_id", String(36)),  # the client's record
    Column("imported_as", String(20)),  # the type it had elsewhere, where it had left or was closed; null: it was open
    Column("paid_before", BigInteger, nullable=False, server_default="0"),  # taken before it was imported
    Column("refunded_before", BigInteger, nullable=False, server_default="0"),  # of that, what went back by then
    Index("ux_orders_code", "code", unique=True),
    Index("ux_orders_shop_channel_external_id", "shop", "channel", "external_id", unique=True),
    *list_indexes(),
    Index("ix_orders_deleted", "shop", "updated_at", "id", **_where("deleted_at IS NOT NULL")),
    Index("ix_orders_uncounted", "id", **_where("counted <> revision")),
    Index("ix_orders_shop_email", "shop", "email"),
    Index("ix_orders_unsettled", "id", postgresql_where=text("NOT settled"), sqlite_where=text("NOT settled")),
    Index(
        "ix_orders_expires_at",
        "expires_at",
        postgresql_where=text("expires_at IS NOT NULL"),
        sqlite_where=text("expires_at IS NOT NULL"),
    ),
)

lines = Table(
    "lines",
    metadata,
    Column("order_id", String(36), ForeignKey("orders.id"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sku", String(100), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("stocked", Boolean, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("hold", BigInteger, nullable=False),
    Column("shipped", BigInteger, nullable=False),
    Column("restocked", BigInteger, nullable=False),
    Column("frozen", BigInteger),  # the hold that a decision fixed
    Column("waits", Json(), nullable=False),  # [[since, quantity]], oldest first
    Column("unit_price", ExactDecimal(), nullable=False),
    Column("tax_rate", ExactDecimal(), nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("external_id", String(100)),
    Column("discount", BigInteger, nullable=False, server_default="0"),  # taken off the stated amount
    Column("booked_for", UtcDateTime()),
    Column("price_list", String(60)),  # where the price comes from; null: it was stated
    Column("scrapped", BigInteger, nullable=False, server_default="0"),  # of restocked: it came back unfit
    Column("shipped_before", BigInteger, nullable=False, server_default="0"),  # of shipped: before it was imported
    Column("locations", Json(), nullable=False, server_default="[]"),  # [[code, shipped, restocked, scrapped]], named
)

parcels = Table(
    "parcels",
    metadata,
    Column("order_id", String(36), ForeignKey("orders.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("carrier", Text),
    Column("tracking_number", Text),
    Column("shipped_at", UtcDateTime(), nullable=False),
    Column("lines", Json(), nullable=False),  # [[line, quantity]]
    Column("revision", Integer, nullable=False),
    Column("tracking_url", Text),
    Index("ix_parcels_carrier", "carrier", "order_id"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False, server_default=""),
    Column("order_id", String(36), ForeignKey("orders.id"), nullable=False),
    Column("version", BigInteger),  # the order version that first contained it; null: no service hears it
    Column("at", UtcDateTime(), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("actor", String(100), nullable=False),
    Column("rule", String(20)),  # of an automatic change
    Column("cause", String(100)),
    Column("status", String(60), nullable=False),
    Column("type", String(20), nullable=False),
    Column("publish", Boolean, nullable=False),
    Column("mail", Boolean, nullable=False),
    Column("mail_admins", Boolean, nullable=False),
    Column("sms", Boolean, nullable=False),
    Column("resend", Integer, nullable=False),
    Column("texts", Json(), nullable=False),
    Column("message", Text, nullable=False),  # the operator's own words to the client
    Column("text", Text, nullable=False),  # what the timeline says
    Column("words", Json()),  # of a warning: the text by language
    Column("traceparent", String(60)),
    Column("changes", Json()),  # field -> [before, after]; for the log, never sent
    Index("ix_entries_order_id_version", "order_id", "version"),
    Index("ix_entries_shop_at", "shop", "at", "id"),
)

applied_rules = Table(
    "applied_rules",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("rule", String(20), primary_key=True),
    Column("cause", String(100), primary_key=True),
    Column("at", UtcDateTime(), nullable=False),
)

order_notes = Table(
    "order_notes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("order_id", String(36), ForeignKey("orders.id"), nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("author", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_order_notes_order_id_id", "order_id", "id"),
)
