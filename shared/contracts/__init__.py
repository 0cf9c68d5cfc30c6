"""The vocabulary of the suite: eight state messages and the digest, nothing else.

A message says how a thing now is, not what happened to it. Every message has a shop, a key and a version; a reader that
knows a version at least as new does no work. Changes are additive: readers ignore unknown fields and take an unknown
enum value as `other`. The JSON Schemas in `docs/schemas` are generated from these classes and compared in the tests.
"""

from shared.contracts.base import Answer, Message
from shared.contracts.billing import Account, Document, DocumentKind, InvoiceState, PaymentLink, PaymentState
from shared.contracts.clients import SignIn
from shared.contracts.digest import Digest, DigestItem
from shared.contracts.inventory import ListPrice, Product, Reservation, ReservedLine, StockState
from shared.contracts.notifications import ChannelLine, ChannelOrder, Delivery, DeliveryItem, Outcome
from shared.contracts.orders import (
    Address,
    Adjustment,
    Channel,
    Customer,
    Entry,
    Invoicing,
    Levels,
    Line,
    LineKind,
    LocationQuantities,
    Marketplace,
    Order,
    Parcel,
    ParcelLine,
    PickupPoint,
    Shown,
    Status,
    StatusType,
    Texts,
    Totals,
    Wait,
)
from shared.contracts.shops import Closing, InvoiceOrigin, InvoicePolicy, LegalIdentity, Shop, ShopKey

MESSAGES: tuple[type[Message], ...] = (Order, Shop, Reservation, Product, Account, Delivery, ChannelOrder, SignIn)
"""The state messages: seven about orders, products and shops, and a client's way in."""

BY_NAME: dict[str, type[Message]] = {message.name: message for message in MESSAGES}

__all__ = [
    "BY_NAME",
    "MESSAGES",
    "Account",
    "Address",
    "Adjustment",
    "Answer",
    "Channel",
    "ChannelLine",
    "ChannelOrder",
    "Closing",
    "Customer",
    "Delivery",
    "DeliveryItem",
    "Digest",
    "DigestItem",
    "Document",
    "DocumentKind",
    "Entry",
    "InvoiceOrigin",
    "InvoicePolicy",
    "InvoiceState",
    "Invoicing",
    "LegalIdentity",
    "Levels",
    "Line",
    "LineKind",
    "ListPrice",
    "LocationQuantities",
    "Marketplace",
    "Message",
    "Order",
    "Outcome",
    "Parcel",
    "ParcelLine",
    "PaymentLink",
    "PaymentState",
    "PickupPoint",
    "Product",
    "Reservation",
    "ReservedLine",
    "Shop",
    "ShopKey",
    "Shown",
    "SignIn",
    "Status",
    "StatusType",
    "StockState",
    "Texts",
    "Totals",
    "Wait",
]
