"""Which price a client is shown: that of their group's list in the currency, else the public one, with or without tax.

A price is kept as its seller wrote it, with tax or net. Shown the other way it is rounded half up to the currency's
decimals, and that rounded price is the one an order takes: what is shown is what is paid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.money import from_minor, tax_of, to_minor

PUBLIC = "public"
"""The list of whoever is in no list, and the group of whoever is in no group, where the shop has one of that name."""


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of a list, as it was written."""

    price_list: str
    amount: Decimal
    includes_tax: bool


@dataclass(frozen=True, slots=True)
class Article:
    """A product on offer, with its prices by list and currency. `tax_rate` is a percentage."""

    sku: str
    title: str
    tax_rate: Decimal | None
    prices: Mapping[tuple[str, str], Price]

    def price(self, price_list: str | None, currency: str) -> Price | None:
        """That of the list, else the public one; None where there is neither in this currency."""
        listed = None if price_list is None else self.prices.get((price_list, currency))
        return listed or self.prices.get((PUBLIC, currency))


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a client's group says of prices; `price_list` is None for the public ones."""

    group: str | None = None
    price_list: str | None = None
    with_tax: bool = True


def shown(price: Price, rate: Decimal, currency: str, *, with_tax: bool) -> Decimal:
    """The price with tax or net, in exactly the currency's decimals; `rate` in percent."""
    minor = to_minor(price.amount, currency)
    if price.includes_tax and not with_tax:
        minor -= tax_of(minor, rate, included=True)
    elif with_tax and not price.includes_tax:
        minor += tax_of(minor, rate, included=False)
    return from_minor(minor, currency)
