"""An order's amounts, by the one arithmetic of `shared.money`; its promotions by that of `domain.promotions`."""

from decimal import Decimal
from typing import Any

from services.orders.domain.promotions import Priced, Rule, shares
from services.orders.queries.records import OrderRecord
from shared.money import Item, basket, line_amount
from shared.problems import Invalid

GREATEST = 10**15
"""Minor units; beyond it, an order is a typing error."""


def price(record: OrderRecord) -> None:
    """Set the amounts of every line, promotion and the order, in minor units. Raises `Invalid` for absurd ones."""
    _discount(record)
    items = [Item(line.quantities.ordered, line.unit_price, line.tax_rate, line.discount) for line in record.lines]
    priced = basket(items, record.currency, prices_include_tax=record.prices_include_tax)
    for line, amounts in zip(record.lines, priced.lines, strict=True):
        line.net, line.tax, line.gross = amounts.net, amounts.tax, amounts.gross
    record.net, record.tax, record.gross = priced.net, priced.tax, priced.gross
    if record.gross > GREATEST:
        raise Invalid("The order's total is beyond all measure.", field="lines")


def priced_lines(record: OrderRecord) -> dict[int, Priced]:
    """The lines before any promotion, by id."""
    found = {}
    for line in record.lines:
        stated = line_amount(line.quantities.ordered, line.unit_price, record.currency)
        found[line.id] = Priced(line.sku, stated, stated)
    return found


def rule_of(used: dict[str, Any]) -> Rule:
    """What a promotion takes off, from the copy that an order keeps."""
    return Rule(used["kind"], Decimal(used["value"]), frozenset(used["skus"]), used["minimum"])


def _discount(record: OrderRecord) -> None:
    """Let the order's promotions take off what they do of the present lines, one after another."""
    lines, adjusted = priced_lines(record), []
    for used in record.adjustments:
        taken = shares(rule_of(used), lines, record.currency)
        for id_, part in taken.items():
            lines[id_] = Priced(lines[id_].sku, lines[id_].stated, lines[id_].left - part)
        adjusted.append({**used, "amount": sum(taken.values())})
    record.adjustments = adjusted
    for line in record.lines:
        line.discount = lines[line.id].stated - lines[line.id].left
