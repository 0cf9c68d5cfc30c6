"""An order as routes answer it: whole, as a preview of its amounts, in lists and counts, created and in batches."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.orders.domain.types import StatusType
from shared.contracts import (
    Address,
    Channel,
    Customer,
    InvoiceState,
    LineKind,
    PaymentState,
    PickupPoint,
    Shown,
    StockState,
)
from shared.web.answers import Amount, AnswerModel, Currency, Language, Listed, Number, Sometimes


class StatusName(AnswerModel):
    """A seller's status, the type it stands on, and its name in the order's language."""

    mnemonic: str
    type: StatusType
    name: str


class Facts(AnswerModel):
    """What the other services say of the order, and whether its client sees it."""

    payment: PaymentState
    stock: StockState
    invoice: InvoiceState
    publication: Shown


class QuantitiesAtLocation(AnswerModel):
    """Of a line's `shipped`, `restocked` and `scrapped`: what a shipment or a decision said of a location."""

    location: str = Field(description="its code")
    shipped: int
    restocked: int
    scrapped: int


class OrderLine(AnswerModel):
    """A line. Quantities: `hold` is to be held now; `shipped`, `restocked`, `scrapped` ever happened."""

    id: int = Field(description="unique within the order, never used again")
    sku: str
    name: str
    kind: LineKind
    quantity: int
    unit_price: Number = Field(description="of the order's currency, with tax where `prices_include_tax` says so")
    tax_rate: Number = Field(description="percent")
    net: Amount
    tax: Amount
    gross: Amount
    hold: int
    shipped: int
    restocked: int
    scrapped: int = Field(description="of `restocked`, what came back unfit and is not to be had")
    locations: list[QuantitiesAtLocation] = Field(description="those that somebody named")
    discount: Amount
    external_id: str | None
    price_list: str | None = Field(description="where the price comes from; null where somebody stated it")
    booked_for: datetime | None = Field(description="when a booking takes place")
    allocated: int = Field(description="of `hold`, what inventory has put aside")
    short_reason: str | None = Field(
        description="why it waits although the seller did not offer that: `backorder_refused`, `backorder_limit`; "
        "`unknown_sku` where inventory has no such product"
    )
    unknown_locations: list[str] = Field(
        description="of `locations`, those that were not open: inventory booked goods as if they had not been named"
    )


class QuantityOfLine(AnswerModel):
    line: int = Field(description="its id")
    quantity: int


class Parcel(AnswerModel):
    number: int = Field(description="1, 2, 3… within the order")
    carrier: str | None
    tracking_number: str | None
    shipped_at: datetime
    lines: list[QuantityOfLine]
    revision: int = Field(description="raised by a correction of carrier or tracking number")
    tracking_url: str | None = Field(description="the carrier's page of this parcel")


class OrderTotals(AnswerModel):
    """`paid` is less refunds; nothing is `due` of what was refunded, or of an order that is cancelled or returned."""

    net: Amount
    tax: Amount
    gross: Amount
    paid: Amount
    due: Amount


class UsedPromotion(AnswerModel):
    """A promotion that the order used; the lines' discounts have its amount already."""

    promotion: UUID
    code: str | None
    label: str = Field(description="in the order's language")
    amount: Amount = Field(description="negative: what it takes off")


class OrderCustomer(Customer):
    """The client as the order has it."""

    number: Sometimes[str] = Field(default=None, description="of an outside system")


class OrderPreview(AnswerModel):
    """What an order would come to."""

    currency: Currency
    prices_include_tax: bool
    language: Language
    lines: list[OrderLine]
    adjustments: list[UsedPromotion]
    totals: OrderTotals


class OrderAnswer(OrderPreview):
    """The whole order."""

    id: UUID
    code: str
    shop: str
    version: int = Field(description="for `If-Match`; raised by what other services must know")
    revision: int = Field(description="raised by every change")
    settled: bool = Field(description="every service has heard this version, and nothing is open")
    channel: Channel
    external_id: str | None = Field(description="the marketplace's or the importing system's")
    test: bool
    placed_at: datetime
    on_short: Literal["wait", "cancel"] = Field(description="what the buyer wants when stock does not suffice")
    status: StatusName
    facts: Facts
    warning: str | None = Field(description="`overpaid`, `paid_not_payable`, …: money that needs a person")
    invoice_wanted: bool | None = Field(description="true: now; false: suppressed; null: as the policy says")
    expires_at: datetime | None = Field(description="when the order is cancelled unless it is paid")
    customer: OrderCustomer
    customer_id: UUID | None
    customer_group: str | None
    billing_address: Address | None
    shipping_address: Address | None
    parcels: list[Parcel]
    same_as_billing: bool = Field(description="the shipping address follows the billing address")
    carrier: str | None = Field(description="that shall bring it; a parcel names its own")
    shipping_method: str | None
    fulfilment: Literal["delivery", "pickup"]
    pickup: PickupPoint | None
    payment_method: str | None
    purchase_order: str | None = Field(description="the number of the client's own order")
    operator: str | None
    origin: str | None
    indicator: str | None
    tags: list[str]
    fields: dict[str, str | bool | None] = Field(description="the shop's own fields by name")
    archived_at: datetime | None


class ListedOrders(Listed[OrderAnswer]):
    """A page of orders; `total` is counted up to 1,000; where `total_exact` is false there are more."""

    total_exact: bool


class AskedPayment(AnswerModel):
    url: str = Field(description="the payment page; a path alone where the shop has no public address")
    amount: Amount
    currency: Currency


class Confirmation(AnswerModel):
    """What a checkout tells its client."""

    text: str = Field(description="in the order's language")
    payment: AskedPayment | None = Field(description="null: nothing is asked for now")


class PlacedOrder(OrderAnswer):
    """The new order, and what its client is to be told."""

    confirmation: Confirmation


class RefusedField(AnswerModel):
    field: str
    detail: str


class BatchResult(AnswerModel):
    """What became of one order: created (201), known by its external id (200) or refused (422)."""

    status: Literal[200, 201, 422]
    code: str | None = Field(description="null where it is refused, or would be created by a dry run")
    errors: Sometimes[list[RefusedField]] = None


class BatchAnswer(AnswerModel):
    """One result for each order of the request, in its order."""

    items: list[BatchResult]


class StatusCount(AnswerModel):
    status: str = Field(description="mnemonic")
    type: StatusType
    orders: int


class CurrencyTotals(AnswerModel):
    currency: Currency
    orders: int
    net: Amount
    tax: Amount
    gross: Amount
    paid: Amount


class Counts(Listed[StatusCount]):
    """How many orders per status, and their totals per currency; `total` is the number of orders."""

    totals: list[CurrencyTotals]
