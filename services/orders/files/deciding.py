"""What becomes of a row: it is taken, it is a credit, it is the head of its order and no line of it, it is skipped, or
it is rejected with its reason.

A row is taken iff its order number is no cancellation's, its quantity and its price are above zero (a price of zero may
be let through by the mapping), and they can be read at all. A row of a cancellation is a credit for as many units.

Pure: `reading` reads the file, credits find their lines in `staging`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.orders.domain.types import BACK, StatusType
from services.orders.files.amounts import number
from services.orders.files.mapping import Charge, Mapping, Total
from services.orders.files.reading import Record
from shared.money import UnknownCurrency, exponent

_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:[.,]0*)?", re.ASCII)
AMOUNTS = ("amount", "discount", "subtotal", "tax")
"""Fields that are amounts of the order's currency."""
RATES = ("tax_rate", "order_tax_rate")
MONEY = ("paid", "refunded")
"""Fields that are amounts of money that came or went, or `ALL`."""
ALL = "all"
"""As much as the order comes to; all units of a line."""
PRODUCT = "product"
"""The kind of line that is held in stock."""
TOTAL, KEPT, TAX = "total", "total kept elsewhere", "total tax"
"""Where the order's total stands among a row's details, what of it may be somebody else's, and its tax."""


class Kind(StrEnum):
    """What a row became."""

    TAKEN = "taken"
    CREDIT = "credit"
    HEAD = "head"
    SKIPPED = "skipped"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Row:
    """A decided row. `quantity` is above zero, of a credit too; `details` are the other mapped cells that are filled.

    `unit_price` is as the file says it, before any discount. What a charge comes to stands in `details`, under
    `charge N` and `charge N tax`. A head has neither SKU nor quantity nor price. Of a row that was rejected or skipped
    only `line`, `order` and `reason` mean anything (and `details`, where all its order is skipped: `ALL_SKIPPED`).
    The order's status stands under `status`, or why there is none under `NO_STATUS`.
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


ALL_SKIPPED = {"skipped": "order"}
NO_STATUS = "no status"
"""Of the row that speaks for its order, this rejects it; the others may leave the columns empty."""


class _Unusable(Exception):
    """Why a row cannot be taken."""


def decide(record: Record, mapping: Mapping, zone: ZoneInfo) -> Row:
    """The decision about one record; moments without a zone are in `zone`."""
    cells = {name: rule.read(record.cells) for name, rule in mapping.fields.items()}
    order = cells.pop("order")
    skip = next((skip for skip in mapping.skip if skip.applies(record.cells)), None)
    if skip is not None and skip.whole != "head":
        details = ALL_SKIPPED if skip.whole == "order" else None
        return Row(Kind.SKIPPED, record.line, order, reason=skip.because, details=details)
    try:
        if not order:
            raise _Unusable("there is no order number")
        if skip is not None:
            return _head(record, cells, order, mapping, zone)
        return _usable(record, cells, order, mapping, zone)
    except _Unusable as reason:
        return Row(Kind.REJECTED, record.line, order, reason=str(reason))


def _head(record: Record, cells: dict[str, str], order: str, mapping: Mapping, zone: ZoneInfo) -> Row:
    """The row that speaks for its order; raises `_Unusable`."""
    placed_at = _moment(cells.pop("placed_at", ""), mapping, zone)
    details = _details(record, cells, mapping)
    return Row(Kind.HEAD, record.line, order, placed_at=placed_at, details=details)


def _usable(record: Record, cells: dict[str, str], order: str, mapping: Mapping, zone: ZoneInfo) -> Row:
    """The row, which uses the cells up; raises `_Unusable`."""
    is_credit = mapping.cancellation_prefix is not None and order.startswith(mapping.cancellation_prefix)
    quantity = _quantity(cells.pop("quantity"), is_credit)
    price = _unit_price(cells, quantity, mapping)
    if (price < 0 or (price == 0 and not mapping.free_lines)) and not is_credit:
        raise _Unusable(f"the price is {price:f}, not above 0")
    sku = cells.pop("sku")
    if not sku:
        raise _Unusable("there is no SKU")
    placed_at = _moment(cells.pop("placed_at", ""), mapping, zone)
    if booked_for := cells.get("booked_for"):
        cells["booked_for"] = _written(booked_for, mapping, zone).isoformat()
    if shipped := cells.get("shipped"):
        cells["shipped"] = str(_shipped(shipped, quantity))
    customer = cells.pop("customer_id", "")
    is_stocked = sku not in mapping.services and (cells.get("kind") or PRODUCT) == PRODUCT
    return Row(
        Kind.CREDIT if is_credit else Kind.TAKEN,
        record.line,
        order,
        sku,
        quantity,
        price,
        placed_at,
        customer,
        is_stocked,
        details=_details(record, cells, mapping),
    )


def _details(record: Record, cells: dict[str, str], mapping: Mapping) -> dict[str, str]:
    """The other cells that are filled, their numbers as Python writes them, and the charges; raises `_Unusable`."""
    cells |= _numbers(cells, mapping)
    if cells.get("currency"):
        _check_currency(cells["currency"])
    for place, charge in enumerate(mapping.charges):
        cells |= _charged(place, charge, record.cells, mapping)
    if mapping.total is not None:
        cells |= _total(mapping.total, record.cells, mapping)
    if mapping.status is not None:
        status = mapping.status.read(record.cells)
        cells |= {NO_STATUS: mapping.status.unread(record.cells)} if status is None else {"status": status}
    if _is_refunded(cells):
        cells["status"] = str(StatusType.REFUNDED)
    return {name: cell for name, cell in cells.items() if cell}


def _numbers(cells: dict[str, str], mapping: Mapping) -> dict[str, str]:
    """The cells that are filled with numbers, as Python writes them."""
    amounts = {name: _number(cells[name], name, mapping) for name in AMOUNTS if cells.get(name)}
    money = {name: abs(_number(cells[name], name, mapping)) for name in MONEY if cells.get(name, ALL) not in ("", ALL)}
    rates = {name: _rate(cells[name]) for name in RATES if cells.get(name)}
    return {name: f"{found:f}" for name, found in (amounts | money | rates).items()}


def _is_refunded(cells: dict[str, str]) -> bool:
    """Whether all the money went back, though the status is a type that says nothing of it."""
    status = cells.get("status", str(StatusType.RECEIVED))
    if status not in [str(type_) for type_ in StatusType if type_ not in BACK] or NO_STATUS in cells:
        return False
    refunded, total = cells.get("refunded") or "0", Decimal(cells.get(TOTAL, "0"))
    return refunded == ALL or 0 < total <= Decimal(refunded)


def _quantity(cell: str, is_credit: bool) -> int:
    whole = _WHOLE.fullmatch(cell)
    if not whole:
        raise _Unusable(f"the quantity {cell!r} is no whole number")
    quantity = -int(whole[1]) if is_credit else int(whole[1])
    if quantity <= 0:
        raise _Unusable(f"the quantity is {cell}, not {'below' if is_credit else 'above'} 0")
    return quantity


def _shipped(cell: str, quantity: int) -> int:
    """How many of a line's units have left; more may have, where some came back and others went."""
    if cell == ALL:
        return quantity
    whole = _WHOLE.fullmatch(cell)
    if not whole:
        raise _Unusable(f"the shipped quantity {cell!r} is no whole number")
    return min(max(0, int(whole[1])), quantity)


def _unit_price(cells: dict[str, str], quantity: int, mapping: Mapping) -> Decimal:
    if "unit_price" in cells:
        return _number(cells.pop("unit_price"), "price", mapping)
    return _number(cells["amount"], "amount", mapping) / quantity


def _number(cell: str, what: str, mapping: Mapping) -> Decimal:
    found = number(cell, decimal_comma=mapping.decimal_comma)
    if found is None:
        raise _Unusable(f"the {what} {cell!r} is no number")
    return found


def _rate(cell: str) -> Decimal:
    """A percentage, with either decimal sign: it has no thousands."""
    found = number(cell.rstrip(" %").replace(",", "."))
    if found is None:
        raise _Unusable(f"the tax rate {cell!r} is no number")
    return found


def _check_currency(code: str) -> None:
    try:
        exponent(code)
    except UnknownCurrency as error:
        raise _Unusable(str(error)) from None


def _charged(place: int, charge: Charge, cells: dict[str, str], mapping: Mapping) -> dict[str, str]:
    """What the row says of a charge; an empty cell charges nothing."""

    def total(columns: tuple[str, ...]) -> Decimal:
        return _sum(columns, charge.name, cells, mapping) or Decimal(0)

    # Some exports write what was taken off as a negative number.
    found = {f"charge {place}": f"{total(charge.amount) - abs(total(charge.minus)):f}"}
    if charge.tax is not None:
        found[f"charge {place} tax"] = f"{total((charge.tax,)):f}"
    return found


def _total(total: Total, cells: dict[str, str], mapping: Mapping) -> dict[str, str]:
    """What the row says that its order comes to, under `TOTAL`, `KEPT` and `TAX`; an empty cell says nothing."""
    columns = {TOTAL: total.amount, KEPT: total.minus, TAX: total.tax}
    found = {name: _sum(named, name, cells, mapping) for name, named in columns.items()}
    return {name: f"{amount:f}" for name, amount in found.items() if amount is not None}


def _sum(columns: tuple[str, ...], what: str, cells: dict[str, str], mapping: Mapping) -> Decimal | None:
    """The sum of the filled cells; None where there are none."""
    filled = [cell for column in columns if (cell := cells.get(column, "").strip())]
    return sum((_number(cell, what, mapping) for cell in filled), Decimal(0)) if filled else None


def _moment(cell: str, mapping: Mapping, zone: ZoneInfo) -> datetime | None:
    """None for an empty cell: the first row of an order speaks for the others."""
    return _written(cell, mapping, zone) if cell else None


def _written(cell: str, mapping: Mapping, zone: ZoneInfo) -> datetime:
    for form in (*mapping.date_format, None):
        try:
            written = datetime.strptime(cell, form) if form else datetime.fromisoformat(cell)  # noqa: DTZ007 - zone: below
        except ValueError:
            continue
        return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
    raise _Unusable(f"the date {cell!r} is not as expected")
