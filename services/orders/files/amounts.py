"""Numbers as exports write them, and what our lines need of them: a price of at most four decimals, a rate of tax."""

import re
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from shared.money import exponent, from_minor, tax_of, to_minor

_SPACE = "[ \u00a0\u202f]"
_MONEY = re.compile(
    rf"([+-]?)[A-Z]{{0,3}}{_SPACE}?[$€£¥]?{_SPACE}?([+-]?)"  # "-", "AU $", "EUR "
    rf"([0-9.,'’ \u00a0\u202f]*[0-9][.,]?){_SPACE}?(?:[A-Z]{{3}}|[$€£¥])?"  # "3,000.00", " €"
)
_WITH_POINT = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]*)?|\.[0-9]+", re.ASCII)
_SPACES = str.maketrans("", "", " '’\u00a0\u202f")
_SWAP = str.maketrans(".,", ",.")
PRICE_STEP = Decimal("0.0001")
"""Prices of imported orders have at most four decimals."""
RATE_STEP = Decimal("0.01")


def number(cell: str, *, decimal_comma: bool = False) -> Decimal | None:
    """The number in a cell, with a currency's sign or code around it and thousands set apart; None where there is none.

    A comma that separates no thousands is no decimal point, unless the file writes one for it; then a point is none.
    """
    found = _MONEY.fullmatch(cell.strip())
    if found is None:
        return None
    digits = found[3].translate(_SPACES)
    if decimal_comma:
        digits = digits.translate(_SWAP)
    if not _WITH_POINT.fullmatch(digits):
        return None
    return Decimal((found[1] or found[2]) + digits.replace(",", ""))


def rate_of(amount: int, tax: int, rates: Sequence[Decimal], *, included: bool) -> Decimal | None:
    """The percentage of the tax on an amount (minor units): one of `rates` that gives it, else the quotient.

    The quotient of a small amount is far from the rate, so known rates come first. None where there is no amount.
    """
    net = amount - tax if included else amount
    if net <= 0 or tax < 0:
        return None
    quotient = Decimal(tax * 100) / net
    fitting = [rate for rate in rates if abs(tax_of(net, rate, included=False) - tax) <= 1]
    return min(fitting, key=lambda rate: abs(rate - quotient)) if fitting else quotient.quantize(RATE_STEP)


def prices_of(quantity: int, amount: int, currency: str) -> list[tuple[int, Decimal]]:
    """Pairs of quantity and price that come to exactly the amount (minor units).

    One pair where some price does it, which is so for fewer than a hundred pieces; else all pieces but one at whole
    minor units, rounded down, and the last one at what is left.
    """
    whole = from_minor(amount, currency)
    price = (whole / quantity).quantize(PRICE_STEP, ROUND_HALF_UP)
    if to_minor(quantity * price, currency) == amount:
        return [(quantity, price)]
    low = (whole / quantity).quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_DOWN)
    return [(quantity - 1, low), (1, whole - (quantity - 1) * low)]
