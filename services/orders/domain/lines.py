"""Which edits of an order's lines are allowed, and what they mean for stock and for a live invoice.

An edit names the lines as they shall be; a line that is not named is removed. Goods that left cannot be edited away,
and what a live invoice covers changes only with the decision `reinvoice`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from services.orders.domain.quantities import Line, Lines, requantify
from services.orders.domain.types import TYPES, Editable, StatusType
from shared.money import reduced_alike


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line sells: all that an invoice says of it."""

    sku: str
    name: str
    stocked: bool
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    discount: int = 0
    """Of all units, in minor units."""


Sold = Mapping[int, Terms]
"""Terms by line id."""


class EditRefused(ValueError):
    """The lines cannot be edited so in the order's present state."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The lines after an edit; `raised` if any of them asks for more stock than before."""

    lines: Lines
    raised: bool


def edit(lines: Lines, before: Sold, after: Sold, type_: StatusType, at: datetime) -> Edited:
    """Bring the lines to the terms `after`; ids not in `before` are new. Raises `EditRefused`."""
    if TYPES[type_].editable is Editable.NONE:
        raise EditRefused(f"The lines of an order that is {type_} cannot be edited.")
    present = {line.id: line for line in lines}
    edited = [_edited(line, before[line.id], after.get(line.id), type_, at) for line in lines]
    kept = [line for line in edited if line.id in after or line.shipped]
    new = [
        requantify(Line(id_, 0, terms.stocked), terms.quantity, type_, at)
        for id_, terms in after.items()
        if id_ not in present
    ]
    raised = any(
        terms.stocked and (id_ not in before or terms.quantity > before[id_].quantity or terms.sku != before[id_].sku)
        for id_, terms in after.items()
    )
    return Edited((*kept, *new), raised)


def _edited(line: Line, before: Terms, after: Terms | None, type_: StatusType, at: datetime) -> Line:
    """One line as it shall be; a removed one has nothing ordered, and stays on record if it ever shipped."""
    if after is None:
        return _requantified(line, 0, type_, at)
    if (after.sku, after.stocked) != (before.sku, before.stocked):
        if line.shipped:
            raise EditRefused(f"Line {line.id} was shipped: its article cannot be changed.")
        line = replace(line, stocked=after.stocked, waits=())
    return _requantified(line, after.quantity, type_, at)


def _requantified(line: Line, ordered: int, type_: StatusType, at: datetime) -> Line:
    if ordered < line.out:
        raise EditRefused(f"Line {line.id}: {line.out} left already, so {ordered} is too few.")
    return requantify(line, ordered, type_, at)


def covered_changes(lines: Lines, before: Sold, after: Sold, *, whole: bool) -> tuple[int, ...]:
    """The lines that an edit changes although a live invoice covers them, in part or (`whole`) altogether.

    An invoice over what was shipped covers the price of a shipped line, not the quantity that is still to leave.
    """
    return tuple(
        line.id
        for line in lines
        if (whole or line.shipped) and _differs(before[line.id], after.get(line.id), whole=whole)
    )


def _differs(before: Terms, after: Terms | None, *, whole: bool) -> bool:
    if after is None:
        return True
    if whole:
        return before != after
    alike = replace(after, quantity=before.quantity, discount=before.discount)
    return before != alike or not reduced_alike(before.discount, before.quantity, after.discount, after.quantity)
