"""What units are worth on an invoice that joins others: the difference they make.

Two invoices of one third and two thirds of a basket must add up to the basket, which rounding each on its own does not
give. So the amount of a line is what the line comes to with the new units, less what documents already say; the tax of
a rate likewise. `plan` makes documents of it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.billing.domain.ledger import Invoice, Position
from shared.contracts import Line, Order
from shared.money import Amounts, share_tax, tax_of, units_amount


def stated(amounts: Amounts, *, included: bool) -> int:
    """The amount that quantity times price gives, discounts taken off: gross where prices include tax, else net."""
    return amounts.gross if included else amounts.net


def line_value(order: Order, line: Line, units: int) -> int:
    """The stated amount of so many units of a line, less their part of its discount."""
    return units_amount(units, line.quantity, line.unit_price, line.discount, order.currency)


def price_more(order: Order, live: Sequence[Invoice], units: Mapping[int, int]) -> tuple[Position, ...]:
    """The positions of an invoice for `units`, in the order of the lines."""
    included = order.prices_include_tax
    before = [position for invoice in live for position in invoice.positions.values() if position.quantity]
    positions: dict[int, Position] = {}
    lines = [line for line in order.lines if units.get(line.id)]
    for rate in {line.tax_rate for line in lines}:
        of_rate = [line for line in lines if line.tax_rate == rate]
        differences = []
        for line in of_rate:
            already = [position for position in before if position.line == line.id]
            whole = sum(position.quantity for position in already) + units[line.id]
            amount = line_value(order, line, whole)
            differences.append(amount - sum(stated(position.amounts, included=included) for position in already))
        tax = _more_tax(
            [position.amounts for position in before if position.tax_rate == rate], differences, rate, included
        )
        for line, amounts in zip(of_rate, share_tax(differences, tax, included=included), strict=True):
            positions[line.id] = Position.of(line, units[line.id], amounts)
    return tuple(positions[line.id] for line in lines)


def _more_tax(before: Sequence[Amounts], differences: Sequence[int], rate: Decimal, included: bool) -> int:
    """The tax that the differences add to a rate; no rounding of earlier documents may turn its sign."""
    more = sum(differences)
    total = sum(stated(amounts, included=included) for amounts in before) + more
    tax = tax_of(total, rate, included=included) - sum(amounts.tax for amounts in before)
    if more >= 0:
        return max(0, min(tax, more) if included else tax)
    return tax
