"""What becomes of a row: it is taken, it is a credit, or it is rejected with its reason.

A row is taken iff its order number is no cancellation's, its quantity and its price are above zero, and they can be
read at all. A row of a cancellation is a credit for as many units. Pure: the file is read by `reading`, credits find
their lines in `staging`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.cli.imports.mapping import Mapping
from services.cli.imports.reading import Record

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]*)?", re.ASCII)


class Kind(StrEnum):
    """What a row became."""

    TAKEN = "taken"
    CREDIT = "credit"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Row:
    """A decided row. `quantity` is above zero, of a credit too; `details` are the other mapped cells that are filled.

    Of a rejected row only `line`, `order` and `reason` mean anything.
    """

    kind: Kind
    line: int
    order: str
    sku: str = ""
    quantity: int = 0
    unit_price: Decimal = Decimal(0)
    placed_at: datetime | None = None
    customer: str = ""
    is_stocked: bool = True
    reason: str = ""
    details: dict[str, str] | None = None


class _Unusable(Exception):
    """Why a row cannot be taken."""


def decide(record: Record, mapping: Mapping, zone: ZoneInfo) -> Row:
    """The decision about one record; moments without a zone are in `zone`."""
    cells = {name: record.cells[column].strip() for name, column in mapping.columns.items()}
    order = cells.pop("order")
    is_credit = mapping.cancellation_prefix is not None and order.startswith(mapping.cancellation_prefix)
    try:
        quantity = _quantity(cells.pop("quantity"), is_credit)
        price = _price(cells.pop("unit_price"), mapping)
        if price <= 0 and not is_credit:
            raise _Unusable(f"the price is {price:f}, not above 0")
        if not order:
            raise _Unusable("there is no order number")
        sku = cells.pop("sku")
        if not sku:
            raise _Unusable("there is no SKU")
        return Row(
            Kind.CREDIT if is_credit else Kind.TAKEN,
            record.line,
            order,
            sku,
            quantity,
            price,
            _moment(cells.pop("placed_at", ""), mapping, zone),
            cells.pop("customer_id", ""),
            sku not in mapping.services,
            details={name: cell for name, cell in cells.items() if cell},
        )
    except _Unusable as reason:
        return Row(Kind.REJECTED, record.line, order, reason=str(reason))


def _quantity(cell: str, is_credit: bool) -> int:
    if not _WHOLE.fullmatch(cell):
        raise _Unusable(f"the quantity {cell!r} is no whole number")
    quantity = -int(cell) if is_credit else int(cell)
    if quantity <= 0:
        raise _Unusable(f"the quantity is {cell}, not {'below' if is_credit else 'above'} 0")
    return quantity


def _price(cell: str, mapping: Mapping) -> Decimal:
    plain = cell.replace(".", "").replace(",", ".") if mapping.decimal_comma else cell
    if not _DECIMAL.fullmatch(plain):
        raise _Unusable(f"the price {cell!r} is no number")
    return Decimal(plain)


def _moment(cell: str, mapping: Mapping, zone: ZoneInfo) -> datetime | None:
    if "placed_at" not in mapping.columns:
        return None
    form = mapping.date_format
    try:
        written = datetime.strptime(cell, form) if form else datetime.fromisoformat(cell)  # noqa: DTZ007 - zone: below
    except ValueError:
        raise _Unusable(f"the date {cell!r} is not as expected") from None
    return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
