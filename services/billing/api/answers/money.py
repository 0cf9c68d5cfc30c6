"""The money of orders as routes answer it: accounts, payments, attempts and refunds, methods, links, payouts."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.billing.domain.charging import ChargeState
from services.billing.domain.methods import MethodKind
from services.billing.domain.payouts import LineKind
from shared.contracts import InvoiceState, PaymentState
from shared.web.answers import Amount, AnswerModel, Currency, Language, Listed, Sometimes

_WARNING = "`underpaid`, `overpaid`, `paid_not_payable`, `refund_due`, …: money that needs a person"

MovementKind = Literal["capture", "refund", "reversal", "return"]
"""A `reversal` takes back a capture, a `return` a refund that failed."""


class AccountAnswer(AnswerModel):
    """The money side of an order."""

    order: str = Field(description="its code")
    order_id: UUID
    heard: int = Field(description="the order's version that billing has applied")
    currency: Currency
    total: Amount
    captured: Amount
    refunded: Amount
    paid_before: Amount = Field(description="of `captured`, what was taken elsewhere before the order was imported")
    due: Amount
    invoiced: Amount
    payment: PaymentState
    invoice: InvoiceState
    payable: bool = Field(description="the order's status asks for money")
    warning: str | None = Field(description=_WARNING)
    waits_for_shop: bool
    method: str | None
    asked: Amount = Field(description="what its client is asked for now")


class Payment(AnswerModel):
    """A movement of money."""

    id: UUID
    kind: MovementKind
    amount: Amount
    currency: Currency
    method: str
    reference: str | None
    payable: bool = Field(description="whether the order asked for money then")
    actor: str
    charge: UUID | None = Field(description="the attempt to pay, of a provider's money")
    credit_note: UUID | None
    at: datetime


class RecordedPayment(Payment):
    """The movement, and how the order's money then stands."""

    warning: str | None = Field(description=_WARNING)
    payment: PaymentState
    due: Amount


class Charge(AnswerModel):
    """An attempt of a client to pay."""

    id: UUID
    method: str
    account: str | None = Field(description="at the provider")
    state: ChargeState
    amount: Amount
    captured: Amount
    currency: Currency
    payment: str | None = Field(description="the provider's id")
    dispute: str | None
    reason: str | None
    expires_at: datetime | None
    at: datetime


class Refund(AnswerModel):
    """Money that a provider pays back, or is to."""

    id: UUID
    number: int = Field(description="within the order")
    amount: Amount
    currency: Currency
    charge: UUID
    credit_note: UUID | None
    state: Literal["due", "retry", "unknown", "done", "rejected"]
    reference: str | None
    reason: str | None
    actor: str
    at: datetime


class Refundable(AnswerModel):
    provider: Amount
    by_hand: Amount


class MoneyAnswer(AnswerModel):
    """What was tried and wished of an order's money, and what a person can choose to do."""

    order: str = Field(description="its code")
    currency: Currency
    payment: PaymentState
    warning: str | None = Field(description=_WARNING)
    charges: list[Charge]
    refunds: list[Refund]
    refundable: Refundable
    excess: Amount
    choices: list[Literal["refund", "revive", "keep"]] = Field(
        description="`revive` is a change of the order's status, the others are `POST …/choices`"
    )


class WishedRefunds(AnswerModel):
    """What the provider is to pay back."""

    refunds: list[Refund]


class MethodAnswer(AnswerModel):
    """A way to pay; `available`: clients can choose it now."""

    id: str
    kind: MethodKind
    names: dict[Language, str]
    instructions: dict[Language, str]
    active: bool
    provider: str | None
    capture: Literal["now", "later"]
    available: bool


class Methods(AnswerModel):
    """The ways to pay, in the shop's order."""

    items: list[MethodAnswer]


class Taken(AnswerModel):
    """What came in and went back by a method and in a currency; `kept` is the difference."""

    method: str
    kind: MethodKind | None = Field(description="null where the shop has no such method any more")
    currency: Currency
    captured: Amount
    refunded: Amount
    kept: Amount


class Takings(AnswerModel):
    items: list[Taken]


class LinkAnswer(AnswerModel):
    """An order's payment page."""

    order: str = Field(description="its code")
    url: str | None = Field(description="a path alone where the shop has no public address")
    payable: bool
    amount: Amount
    currency: Currency
    payment: PaymentState
    sent: int = Field(description="how often it was mailed")
    asked_at: datetime | None


class PayoutSummary(AnswerModel):
    """Money that a marketplace paid out."""

    id: UUID
    source: str
    reference: str
    currency: Currency
    amount: Amount | None = Field(description="as the source states it")
    paid_on: date | None
    actor: str
    at: datetime


class PayoutSums(AnswerModel):
    sales: Amount
    refunds: Amount
    fees: Amount
    other: Amount
    net: Amount


class PayoutOrder(PayoutSums):
    """What the payout says of an order, against what the order comes to less its earlier payouts."""

    order: str = Field(description="its code")
    external_id: str | None
    expected: Amount
    difference: Amount | None
    problem: str | None


class LineOfPayout(AnswerModel):
    position: int
    external_id: str | None
    kind: LineKind
    amount: Amount = Field(description="signed: what it adds to the payout")
    text: str
    order_id: UUID | None


class PayoutAnswer(PayoutSummary):
    """A payout reconciled."""

    difference: Sometimes[Amount] = Field(default=None, description="what was stated less what its lines come to")
    totals: PayoutSums
    orders: list[PayoutOrder]
    unmatched: list[LineOfPayout]
    lines: list[LineOfPayout]


class RecordedPayouts(AnswerModel):
    items: list[PayoutAnswer]


class UnmatchedLine(LineOfPayout):
    """A line of an order that was not heard of yet."""

    payout: UUID
    source: str
    reference: str


class Received(AnswerModel):
    """The event is kept, and acted on later."""

    received: Literal[True]


Payments = Listed[Payment]
Payouts = Listed[PayoutSummary]
UnmatchedLines = Listed[UnmatchedLine]
