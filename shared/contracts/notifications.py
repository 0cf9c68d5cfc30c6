"""`notifications.delivery.v1` (what left the house for an order) and `notifications.channel_order.v1` (an order pulled
from a marketplace). Published by notifications, heard by orders."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Answer, Message, OpenEnum, Part, Utc
from shared.contracts.orders import Address, Channel, Customer, LineKind


class Outcome(OpenEnum):
    """How an attempt, or an obligation, ended or stands."""

    DUE = "due"
    DONE = "done"
    RETRY = "retry"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    OBSOLETE = "obsolete"
    OTHER = "other"


class DeliveryItem(Part):
    """One obligation of an order: a mail, an SMS, a marketplace call."""

    id: str
    channel: str = Field(description="mail, sms, amazon, ebay …")
    subject: str = Field(description="what it is about: the entry's id, or `parcel/1`")
    role: str = Field(default="client", description="client, administrator, marketplace")
    outcome: Outcome
    at: Utc
    attempts: int = 0
    reference: str | None = Field(default=None, description="the other side's id")
    reason: str | None = None


class Delivery(Answer):
    """Everything that left, or has to leave, the house for an order."""

    name: ClassVar[str] = "notifications.delivery.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)

    heard_account: int = Field(default=0, ge=0, description="the account version applied")
    items: tuple[DeliveryItem, ...] = ()


class ChannelLine(Part):
    external_id: str
    sku: str
    title: str
    quantity: int = Field(ge=1)
    unit_price: Decimal
    tax_rate: Decimal = Decimal(0)
    tax_rate_known: bool = Field(default=True, description="false: nobody knows the rate, and 0 stands in its place")
    kind: LineKind | None = Field(
        default=None, description="absent: a product; `service` for what the buyer paid for delivery"
    )


class ChannelOrder(Message):
    """An order as the marketplace shows it. It creates ours, or reports a cancellation or address request."""

    name: ClassVar[str] = "notifications.channel_order.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)

    channel: Channel
    external_id: str
    placed_at: Utc
    currency: str
    prices_include_tax: bool = True
    language: str | None = None
    customer: Customer
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[ChannelLine, ...]
    cancel_requested: bool = False
    cancelled: bool = False
    ship_by: Utc | None = Field(default=None, description="the last moment to ship that the marketplace forgives")
    ship_soon: bool = Field(default=False, description="`ship_by` comes near, and something was not shipped")

    @property
    def key(self) -> str:
        return f"{self.shop}/{self.channel}/{self.external_id}"
