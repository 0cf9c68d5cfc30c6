"""Prices beyond a product's own: what the clients of a price list pay, by currency.

A product's own price is the public one in its currency. The list `public` holds public prices in other currencies; the
other lists are the seller's, and a list is there as soon as a product has a price in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class ListPrice:
    """The price of a product in a list and a currency, with exactly the currency's decimals."""

    price_list: str
    currency: str
    price: Decimal
    includes_tax: bool

    @property
    def place(self) -> tuple[str, str]:
        """There is one price in each."""
        return (self.price_list, self.currency)

    def document(self) -> dict[str, Any]:
        """As it is stored, shown and published."""
        return {
            "price_list": self.price_list,
            "currency": self.currency,
            "price": f"{self.price:f}",
            "includes_tax": self.includes_tax,
        }


def documents(prices: Iterable[ListPrice]) -> list[dict[str, Any]]:
    """The prices as documents, the last of each list and currency, in their order."""
    return [price.document() for _, price in sorted({price.place: price for price in prices}.items())]


def merged(present: Iterable[dict[str, Any]], prices: Iterable[ListPrice]) -> list[dict[str, Any]]:
    """What is there with these prices in place of those of the same list and currency."""
    kept = {(found["price_list"], found["currency"]): found for found in present}
    kept |= {price.place: price.document() for price in prices}
    return [kept[place] for place in sorted(kept)]


def is_own(price: ListPrice, currency: str | None) -> bool:
    """Whether this is the product's own price, which stands in its sheet: public, in its currency."""
    return price.place == (PUBLIC, currency)
