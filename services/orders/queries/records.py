"""Orders as commands work on them: one record with its lines, parcels and the entries that some service has not heard.

`lock_order` and `lock_orders` take the order rows first and in the order of their ids, which is the lock order of the
whole house. Names are those of the tables; `commands.saving` writes a record back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.code import parse_code
from services.orders.domain.kinds import Sold
from services.orders.domain.lines import Terms
from services.orders.domain.locations import AtLocation
from services.orders.domain.quantities import Line
from services.orders.domain.types import StatusType
from services.orders.domain.waits import Wait
from services.orders.tables import entries, lines, orders, parcels
from shared.database import among
from shared.problems import NotFound

NEVER_CHANGED = datetime.min.replace(tzinfo=UTC)
"""Of a record that was not saved yet."""


@dataclass(slots=True)
class LineRecord:
    """One line: what it sells, what it costs (minor units), and its quantities."""

    quantities: Line
    sku: str
    name: str
    kind: str
    unit_price: Decimal
    tax_rate: Decimal
    external_id: str | None = None
    found_as: str | None = None
    """The SKU by which the search knows the line; None for a new one."""
    net: int = 0
    tax: int = 0
    gross: int = 0
    discount: int = 0
    booked_for: datetime | None = None
    price_list: str | None = None
    """Where the price comes from; None where somebody stated it."""

    @property
    def id(self) -> int:
        return self.quantities.id

    @property
    def terms(self) -> Terms:
        """What an invoice says of the line."""
        stock = self.quantities
        return Terms(self.sku, self.name, stock.stocked, stock.ordered, self.unit_price, self.tax_rate, self.discount)


@dataclass(slots=True)
class ParcelRecord:
    """One shipment; `lines` are pairs of line id and quantity."""

    number: int
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime
    lines: list[tuple[int, int]]
    revision: int = 1
    tracking_url: str | None = None


@dataclass(slots=True)
class EntryRecord:
    """One history entry. `version` is None where no service needs to hear it."""

    id: str
    shop: str
    version: int | None
    at: datetime
    kind: str
    actor: str
    status: str
    type: StatusType
    text: str
    rule: str | None = None
    cause: str | None = None
    publish: bool = False
    mail: bool = False
    mail_admins: bool = False
    sms: bool = False
    resend: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    message: str = ""
    traceparent: str | None = None
    changes: dict[str, list[Any]] | None = None
    words: dict[str, str] | None = None


@dataclass(slots=True)
class OrderRecord:
    """An order row with what belongs to it; amounts are minor units."""

    id: str
    shop: str
    code: str
    channel: str
    external_id: str | None
    test: bool
    placed_at: datetime
    created_at: datetime
    currency: str
    prices_include_tax: bool
    language: str
    on_short: str
    email: str
    customer: dict[str, Any]
    billing_address: dict[str, Any] | None
    shipping_address: dict[str, Any] | None
    status: str
    type: StatusType
    status_name: str
    sent_at: datetime
    version: int = 0
    revision: int = 0
    status_entry: str = ""
    raised_by: str = ""
    shown: str = "automatic"
    invoice_wanted: bool | None = None
    expires_at: datetime | None = None
    automatic: int = 0
    deleted_at: datetime | None = None
    credit_on_deletion: bool = False
    erased: bool = False
    net: int = 0
    tax: int = 0
    gross: int = 0
    next_line: int = 1
    parcels: int = 0
    payment: str = "unpaid"
    stock: str = "none"
    invoice: str = "none"
    paid: int = 0
    waived: int = 0
    warning: str | None = None
    heard: int = 0
    settled: bool = False
    history_token: str | None = None
    same_as_billing: bool = False
    carrier: str | None = None
    shipping_method: str | None = None
    pickup: dict[str, Any] | None = None
    customer_group: str | None = None
    payment_method: str | None = None
    purchase_order: str | None = None
    operator: str | None = None
    origin: str | None = None
    indicator: str | None = None
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    adjustments: list[dict[str, Any]] = field(default_factory=list)
    archived_at: datetime | None = None
    updated_at: datetime = NEVER_CHANGED
    counted: int = 0
    customer_id: str | None = None
    imported_as: StatusType | None = None  # where it had left or was closed by then
    paid_before: int = 0  # taken elsewhere, before the order was imported
    refunded_before: int = 0
    lines: list[LineRecord] = field(default_factory=list)
    shipments: list[ParcelRecord] = field(default_factory=list)
    unheard: list[EntryRecord] = field(default_factory=list)
    """Entries that some service has not heard, oldest first; they travel with the message."""

    @property
    def quantities(self) -> tuple[Line, ...]:
        return tuple(line.quantities for line in self.lines)

    @property
    def sold(self) -> tuple[Sold, ...]:
        """The lines as the rules of their kinds ask for them."""
        return tuple(Sold(line.id, line.kind, line.quantities.out, line.booked_for) for line in self.lines)

    @property
    def country(self) -> str | None:
        """Where the order goes to; a column of its own, for the list."""
        address = self.shipping_address or self.billing_address
        return address["country"] if address else None

    @property
    def anything_shipped(self) -> bool:
        return any(line.quantities.shipped for line in self.lines)


class OrderNotFound(NotFound):
    """No such order in this shop, or it was deleted."""

    slug = "order-not-found"
    title = "There is no such order"


_one_order = select(*orders.c).where(
    orders.c.shop == bindparam("shop"), orders.c.code == bindparam("code"), orders.c.deleted_at.is_(None)
)
_one_order_locked = _one_order.with_for_update()
_orders_locked = select(*orders.c).where(among(orders.c.id, "ids")).order_by(orders.c.id).with_for_update()
_lines = select(lines).where(among(lines.c.order_id, "ids")).order_by(lines.c.id)
_parcels = select(parcels).where(among(parcels.c.order_id, "ids")).order_by(parcels.c.number)
_of_orders = among(entries.c.order_id, "ids")
_unheard = select(entries).where(_of_orders, entries.c.version > bindparam("heard")).order_by(entries.c.version)


async def find_order(conn: AsyncConnection, shop: str, code: str) -> OrderRecord:
    """One living order, without a lock; `code` as anybody may have typed it. Raises `OrderNotFound`."""
    return await _one(conn, _one_order, shop, code)


async def lock_order(conn: AsyncConnection, shop: str, code: str) -> OrderRecord:
    """One living order, its row locked. Raises `OrderNotFound`."""
    return await _one(conn, _one_order_locked, shop, code)


async def lock_orders(conn: AsyncConnection, ids: Iterable[str]) -> list[OrderRecord]:
    """These orders (tombstones too), locked in the order of their ids; unknown ids are left out."""
    rows = await conn.execute(_orders_locked, {"ids": sorted(set(ids))})
    return await complete(conn, [record_of(row) for row in rows])


async def _one(conn: AsyncConnection, statement: Select[Any], shop: str, code: str) -> OrderRecord:
    known = parse_code(code)
    row = None
    if known is not None:
        row = (await conn.execute(statement, {"shop": shop, "code": known})).one_or_none()
    if row is None:
        raise OrderNotFound(f"There is no order {code}.")
    return (await complete(conn, [record_of(row)]))[0]


def record_of(row: Any) -> OrderRecord:
    """An order from its row alone; `complete` adds the rest."""
    values = row._asdict()
    values["type"] = StatusType(values["type"])
    values["imported_as"] = None if row.imported_as is None else StatusType(row.imported_as)
    del values["country"]
    return OrderRecord(**values)


async def complete(conn: AsyncConnection, found: Sequence[OrderRecord]) -> list[OrderRecord]:
    """Add lines, and parcels and entries where there are any: one statement a table, whatever the number of orders."""
    by_id = {record.id: record for record in found}
    if not by_id:
        return []
    for row in await conn.execute(_lines, {"ids": list(by_id)}):
        by_id[row.order_id].lines.append(_line(row))
    if shipped := [record.id for record in found if record.parcels]:
        for row in await conn.execute(_parcels, {"ids": shipped}):
            by_id[row.order_id].shipments.append(_parcel(row))
    heard = {record.id: record.heard for record in found if record.heard < record.version}
    if heard:
        for row in await conn.execute(_unheard, {"ids": list(heard), "heard": min(heard.values())}):
            if row.version > heard[row.order_id]:
                by_id[row.order_id].unheard.append(entry_of(row))
    return list(found)


def _line(row: Any) -> LineRecord:
    waits = tuple(Wait(datetime.fromisoformat(since), quantity) for since, quantity in row.waits)
    moved = (row.shipped, row.restocked, row.frozen, waits, row.shipped_before, row.scrapped)
    return LineRecord(
        Line(row.id, row.quantity, row.stocked, *moved, tuple(AtLocation(*at) for at in row.locations)),
        row.sku,
        row.name,
        row.kind,
        row.unit_price,
        row.tax_rate,
        row.external_id,
        row.sku,
        row.net,
        row.tax,
        row.gross,
        row.discount,
        row.booked_for,
        row.price_list,
    )


def _parcel(row: Any) -> ParcelRecord:
    pairs = [(line, quantity) for line, quantity in row.lines]
    return ParcelRecord(
        row.number, row.carrier, row.tracking_number, row.shipped_at, pairs, row.revision, row.tracking_url
    )


def entry_of(row: Any) -> EntryRecord:
    """An entry from its row."""
    values = row._asdict() | {"type": StatusType(row.type)}
    del values["order_id"]
    return EntryRecord(**values)
