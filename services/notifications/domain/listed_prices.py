"""What a product costs in a marketplace's shop window: its public price with tax, as consumers see it, by currency."""

from collections.abc import Mapping
from decimal import Decimal

from shared.contracts import Product
from shared.money import UnknownCurrency, from_minor, tax_of, to_minor

PUBLIC = "public"
"""The list of public prices in further currencies than the product's own."""


def public_prices(product: Product) -> dict[str, str]:
    """Amounts as written in JSON. What nobody can show is left out: a net price without a rate, a price of nothing."""
    stated = [(one.currency, one.price, one.includes_tax) for one in product.prices if one.price_list == PUBLIC]
    if product.price is not None and product.currency is not None:
        stated.append((product.currency, product.price, product.price_includes_tax))
    found = {}
    for currency, price, includes_tax in stated:
        amount = _with_tax(price, currency, Decimal(0) if includes_tax else product.tax_rate)
        if amount is not None and amount > 0:
            found[currency] = str(amount)
    return found


def price_in(currency: str | None, own: str | None, prices: Mapping[str, str] | None) -> tuple[str, str] | None:
    """Amount and currency: the asked one, else the product's own; None where there is no such price."""
    wanted = currency or own
    amount = None if wanted is None else (prices or {}).get(wanted)
    return None if amount is None or wanted is None else (amount, wanted)


def _with_tax(price: Decimal, currency: str, rate: Decimal | None) -> Decimal | None:
    """Rounded half up to the currency's decimals."""
    if rate is None:
        return None
    try:
        minor = to_minor(price, currency)
        return from_minor(minor + tax_of(minor, rate, included=False), currency)
    except UnknownCurrency:
        return None
