"""What a document says of a line's price without tax: quantity times price, less what was taken off, is the line.

The price is the one agreed, before its discount, wherever that comes to the line but for rounding; the discount is then
what lies between. It does not where an earlier credit note took money off what a credit note takes back: that is no
discount. Then the price is what the units come to, before the discount that they really had. `documents` prints it,
`einvoice` writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

PLACES = (4, 6, 8, 10)
"""Decimals of a price that does not come out even, until it does."""
ROUNDING = 2
"""Minor units by which parts of a line may be off, as they add up to the whole."""


@dataclass(frozen=True, slots=True)
class LinePrice:
    """Of one unit, before what was taken off the whole line."""

    unit: Decimal
    discount: Decimal


def line_price(line: Mapping[str, Any], *, included: bool) -> LinePrice | None:
    """Of a line of a snapshot, whose sign is left to the quantity; None of money that is for no units.

    `included`: the agreed price and the discount contain the tax.
    """
    quantity, net = line["quantity"], abs(Decimal(line["net"]))
    if not quantity:
        return None
    divisor = 1 + Decimal(line["tax_rate"]) / 100 if included else Decimal(1)
    agreed = Decimal(line["unit_price"]) / divisor
    if included:
        agreed = _round(agreed, -PLACES[0])
    taken = _taken_off(line, net, divisor)
    before = _round(agreed * quantity, _exponent(net))
    if taken and before > net and abs(before - net - taken) <= Decimal(ROUNDING).scaleb(_exponent(net)):
        return LinePrice(agreed, before - net)
    if not taken and not included and before == net:
        return LinePrice(agreed, Decimal(0))
    return LinePrice(price_of(net + taken, quantity), taken)


def price_of(amount: Decimal, quantity: int, places: tuple[int, ...] = PLACES) -> Decimal:
    """The price of a unit, to as few decimals as give the amount again; to the most of them where none do."""
    unit = amount / quantity
    for count in places:
        unit = _round(amount / quantity, -count)
        if _round(unit * quantity, _exponent(amount)) == amount:
            break
    return unit


def _taken_off(line: Mapping[str, Any], net: Decimal, divisor: Decimal) -> Decimal:
    """These units' part of the whole order line's discount, without tax."""
    if not line.get("discount") or not line.get("ordered") or line["net"].startswith("-"):
        return Decimal(0)
    whole = Decimal(line["discount"]).scaleb(_exponent(net))
    return _round(whole * line["quantity"] / line["ordered"] / divisor, _exponent(net))


def _exponent(amount: Decimal) -> int:
    return int(amount.as_tuple().exponent)


def _round(number: Decimal, exponent: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(exponent), rounding=ROUND_HALF_UP)
