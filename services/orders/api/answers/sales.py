"""What is sold, and what it came to, as routes answer it: promotions, statistics; and what operators ask of orders."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.web.answers import Amount, AnswerModel, Currency, Language, Listed, Minor, Number, Sometimes


class PromotionAnswer(AnswerModel):
    """A reduction for whoever gives the `code`, or without one for every order it fits."""

    id: UUID
    code: str | None
    name: str
    labels: dict[Language, str]
    kind: Literal["percent", "amount"]
    value: Number = Field(description="percent, or an amount of `currency`")
    currency: Currency | None
    skus: list[str] = Field(description="empty: the whole order")
    minimum: Amount | None = Field(description="what its articles must come to")
    starts_at: datetime | None
    ends_at: datetime | None
    usage_limit: int | None
    client_limit: int | None
    active: bool
    used: int = Field(description="by how many orders, without drafts, cancelled and deleted ones")


class Booked(AnswerModel):
    """What clients ordered, on the days of the orders."""

    orders: int
    quantity: int
    net: Amount
    tax: Amount
    gross: Amount
    average_basket: Amount | None = Field(description="null of a product")


class TurnoverRow(AnswerModel):
    """The turnover of one value in one currency; the value stands under the name of what was asked `by`."""

    day: Sometimes[date] = None
    month: Sometimes[str] = Field(default=None, pattern=r"^\d{4}-\d{2}$")
    year: Sometimes[str] = Field(default=None, pattern=r"^\d{4}$")
    channel: Sometimes[str] = None
    client_type: Sometimes[Literal["company", "private"]] = None
    customer_group: Sometimes[str] = None
    payment_method: Sometimes[str] = None
    product: Sometimes[str] = Field(default=None, description="SKU")
    currency: Currency
    booked: Booked
    paid: Amount | None = Field(description="held for the orders of that day; null of a product")
    invoiced: Amount | None = Field(description="on the days of the documents; null of a product")


class Turnover(AnswerModel):
    """Turnover; `pending` orders have changed and are counted in a moment."""

    by: Literal["day", "month", "year", "channel", "client_type", "customer_group", "payment_method", "product"]
    timezone: str
    pending: int
    items: list[TurnoverRow]
    next: str | None


class Excess(AnswerModel):
    """By how much the sums are too great."""

    orders: int
    quantity: int
    net: Minor
    tax: Minor
    gross: Minor
    paid: Minor
    invoiced: Minor


class WrongSum(AnswerModel):
    dimension: str
    value: str
    day: date
    currency: Currency
    excess: Excess


class StatisticsVerification(AnswerModel):
    """Whether the sums are what a computation from scratch comes to."""

    ok: bool
    orders: int
    pending: int
    differences: list[WrongSum]


class Reasons(AnswerModel):
    """What each service still owes; one that owes nothing is absent."""

    inventory: Sometimes[list[str]] = None
    billing: Sometimes[list[str]] = None
    notifications: Sometimes[list[str]] = None


class Unsettled(AnswerModel):
    """An order that some service has not dealt with."""

    id: UUID
    code: str
    version: int
    since: datetime
    reasons: Reasons


class Resyncing(AnswerModel):
    """The service that hears everything again."""

    service: str


class ResyncProgress(Resyncing):
    """How far a resync is."""

    shop: str
    sent: int = Field(description="orders said so far")
    requested_at: datetime
    finished_at: datetime | None


Promotions = Listed[PromotionAnswer]
UnsettledOrders = Listed[Unsettled]
Resyncs = Listed[ResyncProgress]
