"""The tables of inventory: products with their counters, the ledger, and what the orders ask for.

What must never be untrue is a CHECK or a trigger, so that no code path can write it: allocated = min(demand,
max(on hand, 0)), a tranche has got no more than it asks for, and a movement is never changed or taken away.
Neighbours: `domain` (the rules), `commands` (the only writer), `migrations` (the same tables, made by Alembic).
"""

from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from services.inventory.domain.places import DEFAULT
from shared.batch import batch_tables
from shared.database import Json, UtcDateTime
from shared.outbox import outbox_tables
from shared.security import shop_tables
from shared.web.idempotency import idempotency_tables

metadata = MetaData()


class DecimalText(TypeDecorator[Decimal]):
    """A price or a rate with the decimals it was given; SQLite has no exact number for it."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


PRESENT = "CASE WHEN on_hand > 0 THEN on_hand ELSE 0 END"
"""max(on_hand, 0) in the words of both dialects."""

products = Table(
    "products",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("title", Text, doc="null: orders name this SKU, but nobody has made the product"),
    Column("price", DecimalText()),
    Column("currency", String(3)),
    Column("tax_rate", DecimalText(), doc="percent"),
    Column("price_includes_tax", Boolean, nullable=False, server_default=true()),
    Column("prices", Json(), nullable=False, server_default="[]", doc="[{price_list, currency, price, includes_tax}]"),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("on_hand", BigInteger, nullable=False, default=0),
    Column("demand", BigInteger, nullable=False, default=0),
    Column("allocated", BigInteger, nullable=False, default=0),
    Column("discrepancy_since", UtcDateTime(), doc="since when more left than was there: count this SKU"),
    Column("movements", BigInteger, nullable=False, default=0, doc="how many the ledger has"),
    Column("spread", Boolean, nullable=False, default=False, doc="has been elsewhere than at the default location"),
    Column("backorder", String(20), nullable=False, server_default="allowed"),
    Column("backorder_limit", BigInteger, doc="units that may wait, where that is limited"),
    Column("safety", BigInteger, nullable=False, server_default="0", doc="units that are never offered"),
    Column("edition", BigInteger, nullable=False, default=0, doc="of the sheet, raised by people: the ETag"),
    Column("version", BigInteger, nullable=False, default=0, doc="of the message"),
    Column("dirty", Boolean, nullable=False, default=False, doc="`available` moved since the last message"),
    Column("sent_at", UtcDateTime(), doc="of the last message"),
    Column("publish_at", UtcDateTime(), doc="when the next one is due; null: never (unknown SKU)"),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False, doc="of the sheet"),
    CheckConstraint(f"allocated BETWEEN 0 AND {PRESENT}", name="ck_products_allocated_is_there"),
    CheckConstraint(
        f"allocated <= demand AND (allocated = demand OR allocated = {PRESENT})", name="ck_products_nothing_waits"
    ),
    CheckConstraint("(discrepancy_since IS NULL) = (on_hand >= 0)", name="ck_products_discrepancy"),
    CheckConstraint("title IS NULL OR version > 0", name="ck_products_version"),
    CheckConstraint("safety >= 0", name="ck_products_safety"),
    CheckConstraint(
        "(backorder = 'limited') = (backorder_limit IS NOT NULL) AND (backorder_limit IS NULL OR backorder_limit >= 0)",
        name="ck_products_backorder",
    ),
    Index("ix_products_publish_at", "publish_at"),
)

_short = products.c.on_hand < 0
Index("ix_products_discrepancy", products.c.shop, products.c.sku, postgresql_where=_short, sqlite_where=_short)

_PRODUCT = (["shop", "sku"], ["products.shop", "products.sku"])

movements = Table(
    "movements",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("sku", Text, nullable=False),
    Column("number", BigInteger, nullable=False, doc="1, 2, 3… within the SKU"),
    Column("quantity", BigInteger, nullable=False),
    Column("on_hand", BigInteger, nullable=False, doc="the balance after it"),
    Column("reason", String(20), nullable=False),
    Column("order_id", String(36)),
    Column("line", Integer),
    Column("actor", Text, nullable=False),
    Column("note", Text),
    Column("at", UtcDateTime(), nullable=False),
    Column("location", String(40), nullable=False, server_default=DEFAULT),
    ForeignKeyConstraint(*_PRODUCT, name="fk_movements_products"),
    UniqueConstraint("shop", "sku", "number", name="uq_movements_number"),
    CheckConstraint("quantity <> 0", name="ck_movements_quantity"),
    Index("ix_movements_shop", "shop", "id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("shop", String(40), nullable=False),
    Column("sku", Text, nullable=False),
    Column("shipped", BigInteger, nullable=False),
    Column("restocked", BigInteger, nullable=False),
    Column("scrapped", BigInteger, nullable=False, server_default="0", doc="of restocked"),
    Column("named", Json(), doc="where the order says that was: [[location, booked there, refused]]; null: nowhere"),
    ForeignKeyConstraint(*_PRODUCT, name="fk_order_lines_products"),
    Index("ix_order_lines_product", "shop", "sku"),
)
"""The stocked lines as they were last applied; what they hold stands in `demands`."""

demands = Table(
    "demands",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("since", UtcDateTime(), primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("sku", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("allocated", BigInteger, nullable=False),
    ForeignKeyConstraint(["order_id", "line"], ["order_lines.order_id", "order_lines.line"], name="fk_demands_lines"),
    CheckConstraint("quantity > 0", name="ck_demands_quantity"),
    CheckConstraint("allocated BETWEEN 0 AND quantity", name="ck_demands_allocated"),
)
"""The tranches that are held. Those with less than they ask for are the waiting list."""

_rank = (demands.c.shop, demands.c.sku, demands.c.since, demands.c.order_id, demands.c.line)
_waiting = demands.c.allocated < demands.c.quantity
_holding = demands.c.allocated > 0
Index("ix_demands_waiting", *_rank, postgresql_where=_waiting, sqlite_where=_waiting)
Index("ix_demands_holding", *_rank, postgresql_where=_holding, sqlite_where=_holding)

locations = Table(
    "locations",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("code", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("priority", Integer, nullable=False, doc="the lowest serves first"),
    Column("takes_returns", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
)
"""The default location of a shop has a row only where somebody changed it, or a SKU is at several locations."""

_returns = locations.c.takes_returns
Index("uq_locations_returns", locations.c.shop, unique=True, postgresql_where=_returns, sqlite_where=_returns)

balances = Table(
    "balances",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("location", String(40), primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
    Column("allocated", BigInteger, nullable=False),
    ForeignKeyConstraint(*_PRODUCT, name="fk_balances_products"),
    ForeignKeyConstraint(["shop", "location"], ["locations.shop", "locations.code"], name="fk_balances_locations"),
    CheckConstraint(f"allocated BETWEEN 0 AND {PRESENT}", name="ck_balances_allocated_is_there"),
)
"""The counters of a `spread` SKU per location: what the ledger and the allocations add up to."""

allocations = Table(
    "allocations",
    metadata,
    Column("order_id", String(36), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("shop", String(40), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("location", String(40), primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["shop", "sku", "location"], ["balances.shop", "balances.sku", "balances.location"], name="fk_allocations"
    ),
    CheckConstraint("quantity > 0", name="ck_allocations_quantity"),
    Index("ix_allocations_place", "shop", "sku", "location", "order_id", "line"),
)
"""Where a line of an order has what it has got of a `spread` SKU."""

sheets = Table(
    "sheets",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("references", Json(), nullable=False, doc="name to value: the seller's own number, an EAN"),
    Column("technical", Json(), nullable=False, doc="language to text"),
    ForeignKeyConstraint(*_PRODUCT, name="fk_sheets_products"),
)
"""What no order and no message needs of a product: it stands apart from the rows that are locked all day."""

blobs = Table(
    "blobs",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(40), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

images = Table(
    "images",
    metadata,
    Column("id", String(36), primary_key=True, doc="in whose order they are shown"),
    Column("shop", String(40), nullable=False),
    Column("sku", Text, nullable=False),
    Column("url", Text),
    Column("sha256", String(64), doc="of the uploaded content, in `blobs`"),
    ForeignKeyConstraint(*_PRODUCT, name="fk_images_products"),
    ForeignKeyConstraint(["shop", "sha256"], ["blobs.shop", "blobs.sha256"], name="fk_images_blobs"),
    UniqueConstraint("shop", "sku", "url", name="uq_images_url"),
    UniqueConstraint("shop", "sku", "sha256", name="uq_images_sha256"),
    CheckConstraint("(url IS NULL) <> (sha256 IS NULL)", name="ck_images_one_source"),
    Index("ix_images_blob", "shop", "sha256"),
)

marks = Table(
    "marks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("order_id", String(36), nullable=False),
)
"""Orders that work on a SKU has served or made short: their answers are due. Rows are only added and taken away."""

outbox_tables(metadata)
batch_tables(metadata)
shop_tables(metadata)
idempotency_tables(metadata)
