"""The money side of an order as facts: what was captured and refunded against the total, and what needs a person.

Money taken is always recorded; what is odd about it becomes a warning, never a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts import InvoiceState, Invoicing, Order, PaymentState


@dataclass(frozen=True, slots=True)
class Paid:
    """Totals in minor units; `late`: some of it came while the order was not payable."""

    captured: int = 0
    refunded: int = 0
    late: bool = False

    @property
    def kept(self) -> int:
        return self.captured - self.refunded

    def covers(self, total: int) -> bool:
        """Whether the total was once captured; a total of nothing never asks for money."""
        return self.captured >= total


def payment_fact(order: Order, paid: Paid) -> PaymentState:
    """The payment fact. A part of the money is `pending`: the rest is awaited, and nothing may expire meanwhile."""
    if paid.refunded:
        return PaymentState.REFUNDED if paid.kept <= 0 else PaymentState.PARTLY_REFUNDED
    if not paid.captured:
        return PaymentState.PAID if order.lines and order.totals.gross == 0 else PaymentState.UNPAID
    return PaymentState.PAID if paid.covers(order.totals.gross) else PaymentState.PENDING


def warning(order: Order, paid: Paid) -> str | None:
    """The one thing about the money that a person should look at first."""
    if paid.kept <= 0:
        return None
    if order.levels.invoicing is Invoicing.CREDIT:
        return "paid_not_payable" if paid.late else "refund_due"
    if paid.kept > order.totals.gross:
        return "overpaid"
    if paid.late:
        return "paid_not_payable"
    return "underpaid" if paid.captured < order.totals.gross else None


def invoice_fact(invoices: int, live: Sequence[object], *, imported: bool = False) -> InvoiceState:
    """The invoice fact, from the number of invoices ever issued, those that are live, and one made elsewhere."""
    if imported:
        return InvoiceState.IMPORTED
    if not invoices:
        return InvoiceState.NONE
    return InvoiceState.ISSUED if live else InvoiceState.CREDITED
