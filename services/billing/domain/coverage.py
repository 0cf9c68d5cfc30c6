"""What an order's present state asks to be invoiced: a level, so a state passed through unheard loses nothing.

Per line: `least`, the units that live invoices must cover, and `most`, what they may cover at most (an invoice issued
earlier than the policy asks is kept; of a line that came back, only what the client still has). Beside them the money
that a refund takes back beyond the goods. Read with the invoice column of the status model; `due` acts on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.billing.domain.grants import NO_GRANT, Grant
from services.billing.domain.payment import Paid
from shared.contracts import InvoicePolicy, Invoicing, Line, Order
from shared.money import Item, basket, line_amount, units_amount


@dataclass(frozen=True, slots=True)
class Coverage:
    """Units by line id, and the bounds of what live invoices come to, net of credits, in gross minor units.

    `reduction` is money to credit beyond units: what was refunded beyond the goods that came back (`refunded`), and
    what was granted by hand; negative where units were granted for less than they are worth.
    """

    least: Mapping[int, int]
    most: Mapping[int, int]
    floor: int
    ceiling: int
    reduction: int
    refunded: int


def coverage(
    order: Order,
    policy: InvoicePolicy,
    paid: Paid,
    covered: Mapping[int, int],
    refunded: Mapping[int, int],
    grant: Grant = NO_GRANT,
) -> Coverage:
    """What the live invoices of this order, which cover `covered`, must come to.

    `refunded`: units whose invoice a refund took in full; the same refund must not take another one. `grant`: what was
    credited by hand, and is not to be invoiced again.
    """
    granted, returned = grant.left({line.id: out_and_back(line)[1] for line in order.lines})
    returns_count = order.levels.invoicing is Invoicing.LESS_RETURNED
    whole = _whole(order, policy, paid)
    shipped = policy in (InvoicePolicy.ON_SHIPMENT, InvoicePolicy.PER_SHIPMENT) or (
        order.levels.invoicing is Invoicing.SHIPPED
    )
    refunds_count = paid.refunded and (returns_count or policy is InvoicePolicy.ON_PAYMENT)
    least, most, settled, before = {}, {}, {}, {}
    for line in order.lines:
        out, back = out_and_back(line)
        full = max(line.quantity, out)
        if order.invoice_wanted is False:
            least[line.id] = 0
        elif whole:
            least[line.id] = full - back if returns_count else full
        else:
            least[line.id] = out if shipped else 0
        most[line.id] = max(least[line.id], out if line.restocked else full)
        least[line.id] = max(0, least[line.id] - granted.get(line.id, 0))
        present = covered.get(line.id, 0) + (refunded.get(line.id, 0) if refunds_count else 0)
        settled[line.id] = min(max(present, least[line.id]), most[line.id])
        before[line.id] = settled[line.id] + (back if returns_count else 0)
    value = worth(order, settled)
    back = min(value, _reduction(worth(order, before), value, paid)) if refunds_count else 0
    explained = {id_: units - granted[id_] for id_, units in grant.units.items()}
    reduction = min(value, back + grant.money_left(back, worth(order, returned), worth(order, explained)))
    return Coverage(least, most, max(0, worth(order, least) - max(0, reduction)), value - reduction, reduction, back)


def out_and_back(line: Line) -> tuple[int, int]:
    """The units the client has, and those that came back and were not sent again."""
    out = max(0, line.shipped - line.restocked)
    return out, max(0, min(line.quantity, line.shipped) - out)


def worth(order: Order, units: Mapping[int, int]) -> int:
    """The gross amount of so many units of each line at the order's prices, less their part of the discounts."""
    items = [_item(line, units[line.id], order.currency) for line in order.lines if units.get(line.id)]
    return basket(items, order.currency, prices_include_tax=order.prices_include_tax).gross if items else 0


def _item(line: Line, units: int, currency: str) -> Item:
    amount = units_amount(units, line.quantity, line.unit_price, line.discount, currency)
    off = line_amount(units, line.unit_price, currency) - amount
    return Item(units, line.unit_price, line.tax_rate, off)


def _whole(order: Order, policy: InvoicePolicy, paid: Paid) -> bool:
    """Whether everything ordered is to be invoiced, shipped or not."""
    if order.invoice_wanted is not None:
        return order.invoice_wanted
    return policy is InvoicePolicy.ON_PAYMENT and paid.covers(order.totals.gross)


def _reduction(before: int, value: int, paid: Paid) -> int:
    """Money to credit beyond the goods that came back.

    Credited is the larger of the two, so goods returned and then refunded are credited once. A refund that only
    returns an overpayment credits nothing.
    """
    overpaid = max(0, paid.captured - before)
    return max(0, paid.refunded - overpaid - (before - value))
