"""The prices of lines that state none: those which the client's group sees. A price that is stated wins.

Used by `placing` and `editing`, and by their previews, so that all of them find the same price. Amounts are
`pricing`'s, reductions `promoting`'s.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from services.orders.commands.inputs import LineInput, PlaceOrder
from services.orders.domain.prices import Article, Tariff, shown
from services.orders.queries.prices import find_articles, find_tariffs
from shared.outbox import Transaction
from shared.problems import Invalid


class NoPrice(Invalid):
    """A line states no price, and the catalogue has none for this client and currency."""

    slug = "no-price"
    title = "There is no price"


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a unit of a line costs, and the list that says so; None where the request did."""

    unit_price: Decimal
    price_list: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """An order's prices, line by line, with tax or net."""

    with_tax: bool
    lines: Sequence[Quoted]


@dataclass(frozen=True, slots=True)
class Prices:
    """What some clients see of some articles."""

    tariffs: Mapping[str, Tariff] = field(default_factory=dict)
    articles: Mapping[str, Article] = field(default_factory=dict)

    def quote(self, request: PlaceOrder) -> Quote:
        """The prices of an order: with tax or net as it says, else as its client is shown them. Raises `NoPrice`."""
        email = request.customer.email.lower()
        with_tax = request.prices_include_tax
        if with_tax is None:
            with_tax = not request.unpriced or self.tariffs[email].with_tax
        lines = [
            self.line(line, number, email, request.currency, with_tax=with_tax)
            for number, line in enumerate(request.lines)
        ]
        return Quote(with_tax, lines)

    def line(self, line: LineInput, number: int, email: str, currency: str, *, with_tax: bool) -> Quoted:
        """The price of one line, the `number`th of its request. Raises `NoPrice`, naming it."""
        if line.unit_price is not None:
            return Quoted(line.unit_price, None)
        article = self.articles.get(line.sku)
        price = None if article is None else article.price(self.tariffs[email].price_list, currency)
        if price is None:
            detail = f"Line {number + 1}: there is no price of '{line.sku}' in {currency}: state one."
            raise NoPrice(detail, field=f"lines.{number}.unit_price")
        return Quoted(shown(price, line.tax_rate, currency, with_tax=with_tax), price.price_list)


async def prices_for(tx: Transaction, shop: str, requests: Iterable[PlaceOrder]) -> Prices:
    """What these orders need of the catalogue; nothing is looked up for those that state all their prices."""
    unpriced = [request for request in requests if request.unpriced]
    skus = [line.sku for request in unpriced for line in request.lines if line.unit_price is None]
    return await prices_of(tx, shop, [request.customer.email.lower() for request in unpriced], skus)


async def prices_of(tx: Transaction, shop: str, emails: Sequence[str], skus: Sequence[str]) -> Prices:
    """What these clients, by e-mail in lower case, see of these articles."""
    if not skus:
        return Prices()
    return Prices(await find_tariffs(tx.conn, shop, emails), await find_articles(tx.conn, shop, skus))
