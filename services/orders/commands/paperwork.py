"""Which documents billing will issue for an order once it stands so: foretold for whoever is about to change it.

Billing decides, under its own lock and knowing which units each document covers. Orders has its last answer, so the
same target (what live invoices must and may cover) is compared here by value. A test holds both to the same verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts import Account, DocumentKind, InvoicePolicy, Invoicing, Line, Order
from shared.money import Item, basket

_NOTHING_DUE = (Invoicing.NEVER, Invoicing.NOTHING_NEW, Invoicing.OTHER)


@dataclass(frozen=True, slots=True)
class Papers:
    """Whether an invoice, and whether a credit note, will be issued."""

    invoice: bool = False
    credit_note: bool = False


NONE = Papers()


def foretold(order: Order, policy: InvoicePolicy, account: Account | None) -> Papers:
    """What billing does on hearing this order; `account` is what it last said of it."""
    level, live = order.levels.invoicing, _live(account)
    if level in _NOTHING_DUE or order.test:
        return NONE
    if level is Invoicing.CREDIT:
        return Papers(credit_note=live > 0)
    captured, refunded = (account.captured, account.refunded) if account else (0, 0)
    least = {line.id: _least(order, line, policy, captured) for line in order.lines}
    most = {line.id: max(least[line.id], _most(line)) for line in order.lines}
    beyond = 0
    if refunded and (level is Invoicing.LESS_RETURNED or policy is InvoicePolicy.ON_PAYMENT):
        beyond = _beyond_goods(order, captured, refunded)
    return Papers(
        invoice=max(0, _worth(order, least) - beyond) > live,
        credit_note=live > max(0, _worth(order, most) - beyond),
    )


def _live(account: Account | None) -> int:
    """The gross amount of the invoices, less what was credited."""
    if account is None:
        return 0
    signs = {DocumentKind.INVOICE: 1, DocumentKind.CREDIT_NOTE: -1}
    return sum(signs.get(document.kind, 0) * abs(document.gross) for document in account.documents)


def _least(order: Order, line: Line, policy: InvoicePolicy, captured: int) -> int:
    """Units of a line that live invoices must cover."""
    out, back = _out_and_back(line)
    if order.invoice_wanted is False:
        return 0
    if order.invoice_wanted or (policy is InvoicePolicy.ON_PAYMENT and captured >= order.totals.gross):
        full = max(line.quantity, out)
        return full - back if order.levels.invoicing is Invoicing.LESS_RETURNED else full
    by_shipping = policy in (InvoicePolicy.ON_SHIPMENT, InvoicePolicy.PER_SHIPMENT)
    return out if by_shipping or order.levels.invoicing is Invoicing.SHIPPED else 0


def _most(line: Line) -> int:
    """Units that they may cover: an invoice issued early stays, but for what came back."""
    out, _back = _out_and_back(line)
    return out if line.restocked else max(line.quantity, out)


def _out_and_back(line: Line) -> tuple[int, int]:
    out = max(0, line.shipped - line.restocked)
    return out, max(0, min(line.quantity, line.shipped) - out)


def _beyond_goods(order: Order, captured: int, refunded: int) -> int:
    """Money refunded beyond an overpayment and beyond the goods that came back."""
    full = {line.id: line.quantity for line in order.lines}
    kept = {line.id: line.quantity - _out_and_back(line)[1] for line in order.lines}
    total = _worth(order, full)
    return max(0, refunded - max(0, captured - total) - (total - _worth(order, kept)))


def _worth(order: Order, units: Mapping[int, int]) -> int:
    items = [Item(units[line.id], line.unit_price, line.tax_rate) for line in order.lines if units.get(line.id)]
    return basket(items, order.currency, prices_include_tax=order.prices_include_tax).gross if items else 0
