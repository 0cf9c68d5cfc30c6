"""Money: integer minor units on the outside, exact `Decimal` within, and one rounding rule.

Every service that names an amount must find the same one to the cent, so the arithmetic of a basket stands here and
nowhere else: orders totals an order with it, billing invoices parts of that order with it. Amounts are `int` in the
currency's minor unit (cents), prices and rates are `Decimal`, rounding is half up (away from zero), and it happens at
two points only: the amount of a line, and the amount of a rate.

    total = basket([Item(3, Decimal("4.90"), Decimal("20"))], "EUR", prices_include_tax=True)
    total.gross          # 1470: what the client pays, never moved by the tax arithmetic
    total.lines[0].net   # 1225
    total.rates[0].tax   # 245, the tax of the 20 % group
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
        "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL "
        "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR "
        "MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK "
        "SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD "
        "XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Mapping[str, int] = {code: decimals for decimals, codes in _CODES.items() for code in codes.split()}
_AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,15})(?:\.(?P<decimals>[0-9]+))?", re.ASCII)


class UnknownCurrency(ValueError):
    """The code is no ISO 4217 currency."""


class InvalidAmount(ValueError):
    """The text is no plain decimal amount of the currency."""


@dataclass(frozen=True, slots=True)
class Item:
    """A quantity at a price: what `basket` adds up. `tax_rate` is a percentage: 20 means 20 %.

    `discount` (minor units) is taken off quantity times price, before any tax is computed.
    """

    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Amounts:
    """Net, tax and gross in minor units; `gross` is always `net + tax`."""

    net: int
    tax: int
    gross: int

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net + other.net, self.tax + other.tax, self.gross + other.gross)

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.net - other.net, self.tax - other.tax, self.gross - other.gross)


NOTHING = Amounts(0, 0, 0)


@dataclass(frozen=True, slots=True)
class RateAmounts:
    """The amounts of all lines that bear one tax rate (percent)."""

    rate: Decimal
    amounts: Amounts

    @property
    def net(self) -> int:
        return self.amounts.net

    @property
    def tax(self) -> int:
        return self.amounts.tax

    @property
    def gross(self) -> int:
        return self.amounts.gross


@dataclass(frozen=True, slots=True)
class Basket:
    """What `basket` found: `lines` in the order of the items, `rates` by falling rate; both add up to the totals."""

    lines: tuple[Amounts, ...]
    rates: tuple[RateAmounts, ...]
    net: int
    tax: int
    gross: int


def exponent(currency: str) -> int:
    """How many decimals the currency has (EUR 2, JPY 0, TND 3); raises `UnknownCurrency`."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is no ISO 4217 currency") from None


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units, rounded half up."""
    return _round(amount.scaleb(exponent(currency)))


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount as a decimal with exactly the currency's decimals; `str()` of it is the form used in JSON."""
    return Decimal(minor).scaleb(-exponent(currency))


def parse_amount(text: str, currency: str) -> int:
    """Read `"12.50"` as minor units. No exponent, no separator, no more decimals than the currency has, no rounding.

    Raises `InvalidAmount` or `UnknownCurrency`, both `ValueError`.
    """
    decimals = exponent(currency)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InvalidAmount(f"{text!r} is no amount like 12.50")
    fraction = match["decimals"] or ""
    if len(fraction) > decimals:
        raise InvalidAmount(f"{currency} has {decimals} decimals, {text!r} has {len(fraction)}")
    return int(match["sign"] + match["whole"] + fraction.ljust(decimals, "0"))


def line_amount(quantity: int, unit_price: Decimal, currency: str) -> int:
    """Quantity times price in minor units: net or gross, as the price is."""
    return to_minor(quantity * unit_price, currency)


def percentage(amount: int, percent: Decimal) -> int:
    """So many percent of an amount, in minor units."""
    return _round(amount * percent / 100)


def units_amount(units: int, quantity: int, unit_price: Decimal, discount: int, currency: str) -> int:
    """What so many of a line's `quantity` come to: of a reduced line, their part of what is left of its amount.

    It rises with the units and is the line's own amount for all of them, so parts invoiced by difference add up.
    """
    if not discount or not quantity:
        return line_amount(units, unit_price, currency)
    return _round(Decimal((line_amount(quantity, unit_price, currency) - discount) * units) / quantity)


def reduced_alike(discount: int, quantity: int, other: int, other_quantity: int) -> bool:
    """Whether two discounts, each of a whole line, reduce a unit alike, but for the rounding of their quantities."""
    if not discount or not other or quantity == other_quantity:
        return discount == other
    return abs(discount * other_quantity - other * quantity) <= quantity + other_quantity


def tax_of(amount: int, rate: Decimal, *, included: bool) -> int:
    """The tax on the summed lines of one rate (percent), in minor units.

    `included`: `amount` is gross and contains the tax; otherwise `amount` is net and the tax comes on top.
    """
    if included:
        return amount - _round(amount * 100 / (100 + rate))
    return _round(amount * rate / 100)


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` in proportion to `weights` by largest remainder: the parts always add up to `total`.

    Equal remainders are served in order. Without any weight the first part takes all.
    """
    whole = sum(weights)
    if not whole:
        weights = [abs(weight) for weight in weights]
        whole = sum(weights)
    if not whole:
        return [total, *[0] * (len(weights) - 1)] if weights else []
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(total * weight, whole)
        parts.append(part)
        remainders.append(abs(remainder))
    neediest = sorted(range(len(parts)), key=lambda index: -remainders[index])
    for index in neediest[: total - sum(parts)]:
        parts[index] += 1
    return parts


def basket(items: Iterable[Item], currency: str, *, prices_include_tax: bool) -> Basket:
    """Price a basket so that lines, rates and totals agree to the minor unit.

    Prices without tax: a line's net is quantity times price, the tax of a rate is computed on the summed net and
    divided over its lines. Prices with tax: a line's gross is quantity times price, the net of a rate is computed
    from the summed gross and divided over its lines; the gross is thus what the client was shown, whatever the rate.
    """
    items = list(items)
    stated = [line_amount(item.quantity, item.unit_price, currency) - item.discount for item in items]
    lines = [NOTHING] * len(items)
    rates = []
    for rate in sorted({item.tax_rate for item in items}, reverse=True):
        of_rate = [index for index, item in enumerate(items) if item.tax_rate == rate]
        shares = share_tax(
            [stated[index] for index in of_rate],
            tax_of(sum(stated[index] for index in of_rate), rate, included=prices_include_tax),
            included=prices_include_tax,
        )
        for index, share in zip(of_rate, shares, strict=True):
            lines[index] = share
        rates.append(RateAmounts(rate, sum(shares, NOTHING)))
    total = sum(lines, NOTHING)
    return Basket(tuple(lines), tuple(rates), total.net, total.tax, total.gross)


def share_tax(stated: Sequence[int], tax: int, *, included: bool) -> list[Amounts]:
    """Divide the `tax` of one rate over its lines, whose stated amounts are gross (`included`) or net.

    The part that is divided is the one that is computed — the net where prices include tax, else the tax — so that
    no line's stated amount moves.
    """
    if included:
        nets = apportion(sum(stated) - tax, stated)
        return [Amounts(net, gross - net, gross) for net, gross in zip(nets, stated, strict=True)]
    taxes = apportion(tax, stated)
    return [Amounts(net, part, net + part) for net, part in zip(stated, taxes, strict=True)]


def _round(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
