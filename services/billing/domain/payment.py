"""The money side of an order as facts: what was captured and refunded against the total, and what needs a person.

Money taken is always recorded; what is odd about it becomes a warning, never a refusal. Neighbour: `charging`, the
attempts that have taken nothing yet, which reach here as `progress`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.contracts import Channel, InvoiceState, Invoicing, Order, PaymentState, StatusType

_MARKETPLACES = (Channel.AMAZON, Channel.EBAY)
"""They give their clients' money back themselves; a payout tells of it."""


class Kind(StrEnum):
    """What a movement does to the totals. A `reversal` takes back a capture, a `return` a refund that failed."""

    CAPTURE = "capture"
    REFUND = "refund"
    REVERSAL = "reversal"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Paid:
    """Totals in minor units; `late`: some of it came while the order was not payable.

    `progress` is what attempts to pay that took nothing yet add (pending, authorised, failed), `concern` what a person
    has to see to whatever the amounts are. `returning` is what providers were asked to pay back and may still do.
    `waived` is what went back and is not owed again (`missing`).
    """

    captured: int = 0
    refunded: int = 0
    late: bool = False
    progress: PaymentState | None = None
    concern: str | None = None
    returning: int = 0
    waived: int = 0

    @property
    def kept(self) -> int:
        return self.captured - self.refunded

    @property
    def left(self) -> int:
        """What is kept once everything on its way back has arrived there."""
        return self.kept - self.returning

    def covers(self, total: int) -> bool:
        """Whether the total was once captured; a total of nothing never asks for money."""
        return self.captured >= total

    def moved(self, kind: Kind, amount: int, *, payable: bool) -> "Paid":
        """The totals after a movement; the late money is gone once nothing is kept."""
        if kind is Kind.CAPTURE:
            return replace(self, captured=self.captured + amount, late=self.late or not payable)
        if kind is Kind.RETURN:
            return replace(self, refunded=self.refunded - amount, waived=max(0, self.waived - amount))
        if kind is Kind.REFUND:
            return replace(self, refunded=self.refunded + amount, waived=self.waived + amount)
        return replace(self, captured=self.captured - amount, late=self.late and self.captured > amount)


def payment_fact(order: Order, paid: Paid) -> PaymentState:
    """The payment fact. A part of the money is `pending`: the rest is awaited, and nothing may expire meanwhile.

    An overpayment that went back leaves the order paid.
    """
    if paid.refunded and paid.kept <= 0:
        return PaymentState.REFUNDED
    if paid.refunded:
        return PaymentState.PAID if paid.kept >= order.totals.gross else PaymentState.PARTLY_REFUNDED
    if paid.captured:
        return PaymentState.PAID if paid.covers(order.totals.gross) else PaymentState.PENDING
    if order.lines and order.totals.gross == 0:
        return PaymentState.PAID
    return paid.progress or PaymentState.UNPAID


def missing(order: Order, paid: Paid) -> int:
    """What an order lacks until it is paid, in minor units: its total, less what is kept, less what is waived.

    Money that went back on purpose is no debt: a refund waives what it takes below the total. It is one again where the
    client is to pay again: once the order is revived (`waived`), and for what is added to the total afterwards. Money
    that was taken back otherwise (a cheque that bounced, a refund that failed) was never waived.
    """
    return max(0, order.totals.gross - paid.kept - paid.waived)


def waived(before: Order, order: Order, paid: Paid) -> int:
    """What stays waived of an order that was `before`: never more than is lacking; nothing once it is revived.

    Revived is what leaves cancelled or refunded, and a returned order that asks for money again.
    """
    if (unwanted(before) or (is_back(before) and order.levels.payable)) and not is_back(order):
        return 0
    return max(0, min(paid.waived, order.totals.gross - paid.kept))


def owed(order: Order, paid: Paid) -> int:
    """What the client owes, whether the status asks for it or not: nothing of an order that is back, or deleted."""
    return 0 if order.deleted or is_back(order) else missing(order, paid)


def payable(order: Order, paid: Paid) -> int:
    """What the client may pay now of what is owed: nothing in a status that does not ask for money."""
    return owed(order, paid) if order.levels.payable and paid.progress is not PaymentState.AUTHORISED else 0


def is_back(order: Order) -> bool:
    """Whether the order is cancelled, returned or refunded."""
    return order.levels.invoicing in (Invoicing.CREDIT, Invoicing.LESS_RETURNED)


def is_marketplace(order: Order) -> bool:
    """Whether it was sold at one, which takes its clients' money and gives it back."""
    return order.channel in _MARKETPLACES


def wants_back(order: Order) -> bool:
    """Whether its status alone says that the client gets back what was paid."""
    refunded = order.status.type is StatusType.REFUNDED and not order.deleted
    return refunded and not is_marketplace(order)


def unwanted(order: Order) -> bool:
    """Whether the order asks for no money at all, and for that which came to go back: cancelled or refunded."""
    return order.levels.invoicing is Invoicing.CREDIT or wants_back(order)


def excess(order: Order, paid: Paid) -> int:
    """What was kept beyond what the order asks for: all of it where the order is cancelled or refunded."""
    wanted = 0 if unwanted(order) else order.totals.gross
    return max(0, paid.kept - wanted)


def warning(order: Order, paid: Paid) -> str | None:
    """The one thing about the money that a person should look at first."""
    if paid.concern is not None:
        return paid.concern
    if paid.left <= 0:
        return None
    if unwanted(order):
        return "paid_not_payable" if paid.late else "refund_due"
    if paid.left > order.totals.gross:
        return "overpaid"
    if paid.late:
        return "paid_not_payable"
    return "underpaid" if paid.captured < order.totals.gross else None


def choices(order: Order, paid: Paid) -> tuple[str, ...]:
    """What a person can decide: `refund` what is too much, `revive` the order that the money is for, or `keep` it.

    An overpayment stays a warning until it goes back; less than the total only waits for the rest. So `keep` is offered
    where it changes what is said: of a concern, and of late money that is not too much.
    """
    if unwanted(order) and paid.kept > 0:
        return ("refund", "revive")
    found = ("refund",) if excess(order, paid) else ()
    late = paid.late and 0 < paid.left <= order.totals.gross
    return (*found, "keep") if paid.concern is not None or late else found


def invoice_fact(invoices: int, live: Sequence[object], *, imported: bool = False) -> InvoiceState:
    """The invoice fact, from the number of invoices ever issued, those that are live, and one made elsewhere."""
    if imported:
        return InvoiceState.IMPORTED
    if not invoices:
        return InvoiceState.NONE
    return InvoiceState.ISSUED if live else InvoiceState.CREDITED
