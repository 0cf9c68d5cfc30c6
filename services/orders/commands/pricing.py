"""An order's amounts, by the one arithmetic of `shared.money`."""

from services.orders.queries.records import OrderRecord
from shared.money import Item, basket
from shared.problems import Invalid

GREATEST = 10**15
"""Minor units; beyond it, an order is a typing error."""


def price(record: OrderRecord) -> None:
    """Set the amounts of every line and the totals of the order, in minor units. Raises `Invalid` for absurd ones."""
    items = [Item(line.quantities.ordered, line.unit_price, line.tax_rate) for line in record.lines]
    priced = basket(items, record.currency, prices_include_tax=record.prices_include_tax)
    for line, amounts in zip(record.lines, priced.lines, strict=True):
        line.net, line.tax, line.gross = amounts.net, amounts.tax, amounts.gross
    record.net, record.tax, record.gross = priced.net, priced.tax, priced.gross
    if record.gross > GREATEST:
        raise Invalid("The order's total is beyond all measure.", field="lines")
