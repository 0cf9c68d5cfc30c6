"""What a webhook's body says: an order and its money as they now are, in words of our own that only ever grow.

These are parts of the messages of orders and billing, without what is for our own services (holds, waiting lists, trace
contexts, texts) and without secrets (the link to the client's history). `docs/schemas/webhook.v1.json` is made of it.
"""

from datetime import date as Day
from decimal import Decimal

from pydantic import Field

from shared.contracts import Address, Channel, Customer, LineKind, Parcel, PaymentState, Status, Totals
from shared.contracts.base import Minor, OpenEnum, Part, Utc
from shared.contracts.billing import DocumentKind, InvoiceState
from shared.contracts.orders import Adjustment, PickupPoint


class Event(OpenEnum):
    """What can have happened since a receiver was last told; where several did, the first of them here is the `type`.

    New ones may be added: a receiver reads the state, and takes an event that it does not know as "look again".
    """

    PLACED = "order.placed"
    ERASED = "order.erased"
    DELETED = "order.deleted"
    CANCELLED = "order.cancelled"
    REFUNDED = "order.refunded"
    RETURNED = "order.returned"
    SHIPPED = "order.shipped"
    DELIVERED = "order.delivered"
    COMPLETED = "order.completed"
    SETTLED = "payment.settled"
    PAID_BACK = "payment.refunded"
    INVOICED = "invoice.issued"
    CREDITED = "credit_note.issued"
    MOVED = "order.status_changed"
    UPDATED = "order.updated"
    TEST = "webhook.test"
    OTHER = "other"


class ToldLine(Part):
    """A line of the order. Amounts are in the currency's minor unit."""

    id: int
    sku: str
    name: str
    kind: LineKind
    quantity: int
    shipped: int
    restocked: int
    scrapped: int = Field(default=0, description="of `restocked`, what came back unfit: it is not to be had again")
    unit_price: Decimal
    tax_rate: Decimal
    discount: Minor
    net: Minor
    tax: Minor
    gross: Minor
    external_id: str | None = None
    booked_for: Utc | None = None


class ToldOrder(Part):
    """The order as it now is."""

    test: bool
    channel: Channel
    external_id: str | None = None
    placed_at: Utc
    currency: str
    prices_include_tax: bool
    language: str
    status: Status
    customer: Customer
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[ToldLine, ...]
    parcels: tuple[Parcel, ...] = ()
    totals: Totals
    carrier: str | None = None
    shipping_method: str | None = None
    pickup_point: PickupPoint | None = None
    payment_method: str | None = None
    adjustments: tuple[Adjustment, ...] = ()


class ToldDocument(Part):
    """An issued document."""

    id: str
    kind: DocumentKind
    number: str
    issued_on: Day
    gross: Minor
    refers_to: str | None = None


class ToldAccount(Part):
    """What was paid and invoiced, as it now is."""

    currency: str
    payment: PaymentState
    captured: Minor
    refunded: Minor
    invoice: InvoiceState
    documents: tuple[ToldDocument, ...] = ()


class Data(Part):
    """What is told of one order."""

    id: str = Field(description="the order's id")
    code: str = Field(description="the order's code, as clients know it")
    shop: str
    version: int = Field(description="the order's; an older one than you have is old news")
    revision: int = Field(description="rises with everything told of this order, money too")
    events: tuple[Event, ...] = Field(description="everything that happened since you were last told")
    deleted: bool = False
    erased: bool = Field(default=False, description="forget every copy of the person's data that you have")
    order: ToldOrder | None = Field(default=None, description="absent from a reference, and from an erased order")
    account: ToldAccount | None = Field(default=None, description="absent from a reference, and before billing spoke")


class Body(Part):
    """The body of a webhook, after Standard Webhooks 1.0."""

    type: Event
    timestamp: Utc = Field(description="when we learnt of the newest of the events")
    data: Data
