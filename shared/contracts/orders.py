"""`orders.order.v1`: the whole order as it now is. Published by orders; heard by inventory, billing, notifications.

The types of statuses.md are interpreted by orders alone. What a type implies reaches the other services as numbers
(`Line.hold`, `Line.shipped`) and levels (`Levels`), so that a rule about types stands in one place.
"""

from datetime import date as Day
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Message, Minor, OpenEnum, Part, Utc


class StatusType(OpenEnum):
    """The 16 fixed words."""

    DRAFT = "draft"
    RECEIVED = "received"
    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    READY = "ready"
    ON_HOLD = "on_hold"
    OTHER = "other"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"


class Channel(OpenEnum):
    """Where an order came from."""

    WEB = "web"
    MANUAL = "manual"
    AMAZON = "amazon"
    EBAY = "ebay"
    OTHER = "other"


class LineKind(OpenEnum):
    """What is sold; only a product reserves stock."""

    PRODUCT = "product"
    SERVICE = "service"
    DIGITAL = "digital"
    SUBSCRIPTION = "subscription"
    BOOKING = "booking"
    OTHER = "other"


class Invoicing(OpenEnum):
    """What the present type asks of billing."""

    NEVER = "never"
    POLICY = "policy"
    NOTHING_NEW = "nothing_new"
    SHIPPED = "shipped"
    """Everything shipped is invoiced, whatever the policy."""
    LESS_RETURNED = "less_returned"
    """As shipped by policy, less what came back or was refunded."""
    CREDIT = "credit"
    """Nothing new, and what is invoiced is credited."""
    OTHER = "other"


class Marketplace(OpenEnum):
    """What the present type says to the channel the order came from (parcels are confirmed whatever the type)."""

    NONE = "none"
    ACKNOWLEDGED = "acknowledged"
    CANCELLED = "cancelled"
    REFUND_REPORTED = "refund_reported"
    OTHER = "other"


class Shown(StrEnum):
    """The publication fact of an order."""

    AUTOMATIC = "automatic"
    SHOWN = "shown"
    HIDDEN = "hidden"


class Status(Part):
    """A seller's status and the type it stands on."""

    mnemonic: str
    type: StatusType


class Levels(Part):
    """What the present type implies for services that hold no stock."""

    payable: bool
    invoicing: Invoicing
    marketplace: Marketplace


class Customer(Part):
    name: str
    email: str
    phone: str | None = None
    language: str | None = None
    company: str | None = None
    vat_number: str | None = None
    siren: str | None = Field(default=None, description="of a French business client")
    siret: str | None = Field(default=None, description="of its establishment; begins with the SIREN")
    electronic_address: str | None = Field(
        default=None,
        description="where e-invoices find the client, scheme first: `0225:732829320`; absent: by the SIREN",
    )


class Address(Part):
    """A postal address; an imported order may know the country alone."""

    name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str


class Wait(Part):
    """A part of a line's held quantity and the moment since which it waits for stock."""

    since: Utc
    quantity: int = Field(ge=1)


class LocationQuantities(Part):
    """Of a line's `shipped`, `restocked` and `scrapped`: what ever left from, or came back to, a named location."""

    location: str = Field(description="its code in inventory")
    shipped: int = Field(default=0, ge=0)
    restocked: int = Field(default=0, ge=0)
    scrapped: int = Field(default=0, ge=0)


class Line(Part):
    """One order line. Quantities are absolute: `hold` is to be held now, `shipped` and `restocked` ever happened."""

    id: int = Field(ge=1, description="unique within the order, never used again")
    sku: str
    name: str
    kind: LineKind = LineKind.PRODUCT
    stocked: bool = True
    quantity: int = Field(ge=0)
    hold: int = Field(default=0, ge=0)
    shipped: int = Field(default=0, ge=0)
    restocked: int = Field(default=0, ge=0)
    scrapped: int = Field(
        default=0, ge=0, description="of `restocked`, what came back unfit: it is not to be had again"
    )
    shipped_before: int = Field(
        default=0, ge=0, description="of `shipped`, what left before the order was imported: no stock moves for it"
    )
    waits: tuple[Wait, ...] = Field(default=(), description="sums to `hold`, oldest first")
    unit_price: Decimal
    tax_rate: Decimal = Field(description="percent")
    net: Minor
    tax: Minor
    gross: Minor
    external_id: str | None = None
    discount: Minor = Field(
        default=0, ge=0, description="taken off quantity times price, which is gross where prices include tax, else net"
    )
    booked_for: Utc | None = Field(default=None, description="when a booking takes place")
    locations: tuple[LocationQuantities, ...] = Field(
        default=(), description="absolute, one per location; what stands in none of them moves where inventory says"
    )


class ParcelLine(Part):
    line: int
    quantity: int = Field(ge=1)


class Parcel(Part):
    """One shipment: a parcel with its own carrier and tracking number."""

    number: int = Field(ge=1, description="1, 2, 3… within the order; the marketplace's package reference")
    carrier: str | None = None
    tracking_number: str | None = None
    shipped_at: Utc
    lines: tuple[ParcelLine, ...]
    revision: int = Field(default=1, ge=1, description="raised by a correction of carrier or tracking number")
    tracking_url: str | None = Field(default=None, description="the carrier's page of this parcel")


class PickupPoint(Part):
    """Where the client fetches the order, as it was when it was chosen."""

    point: str
    name: str
    address: Address
    date: Day | None = None


class Adjustment(Part):
    """A promotion that the order used; the lines' discounts have its amount already."""

    label: str = Field(description="in the order's language")
    code: str | None = None
    amount: Minor = Field(ge=0, description="taken off the stated prices")


class Totals(Part):
    net: Minor
    tax: Minor
    gross: Minor


class Texts(Part):
    """The status's texts in the order's language, as they were when the entry was made."""

    name: str
    comment: str = ""
    subject: str = ""
    mail: str = ""
    sms: str = ""


class Entry(Part):
    """One history entry and what it asks for. It leaves the message once every service has heard it."""

    id: str
    version: int = Field(ge=1, description="the order version that first contained the entry")
    at: Utc
    status: Status
    publish: bool = False
    mail: bool = False
    mail_admins: bool = False
    sms: bool = False
    resend: int = Field(default=0, ge=0)
    texts: Texts
    message: str = Field(default="", description="the operator's own words to the client")
    traceparent: str | None = Field(default=None, description="W3C trace context of the command")


class Order(Message):
    """The whole order."""

    name: ClassVar[str] = "orders.order.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("inventory", "billing", "notifications")

    id: str = Field(description="UUIDv7")
    code: str
    deleted: bool = False
    erased: bool = False
    test: bool = False
    channel: Channel
    external_id: str | None = None
    placed_at: Utc
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    prices_include_tax: bool
    language: str
    status: Status
    levels: Levels
    shown: Shown = Shown.AUTOMATIC
    invoice_wanted: bool | None = Field(
        default=None, description="an entry's invoice action: true = now, whatever the policy; false = suppressed"
    )
    customer: Customer
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...] = ()
    totals: Totals
    carrier: str | None = Field(default=None, description="that shall bring it; a parcel names its own")
    shipping_method: str | None = None
    pickup_point: PickupPoint | None = Field(default=None, description="absent: the order is delivered")
    payment_method: str | None = None
    purchase_order: str | None = Field(default=None, description="the number of the client's own order")
    adjustments: tuple[Adjustment, ...] = ()
    entries: tuple[Entry, ...] = ()
    paid_before: Minor = Field(default=0, ge=0, description="taken elsewhere, before the order was imported")
    refunded_before: Minor = Field(default=0, ge=0, description="of `paid_before`, what went back there")
    history_token: str | None = Field(
        default=None, description="opens the client's history: stands after `/h/` below the shop's `public_url`"
    )

    @property
    def key(self) -> str:
        return self.id

    @property
    def traceparents(self) -> tuple[str, ...]:
        return tuple(entry.traceparent for entry in self.entries if entry.traceparent)
