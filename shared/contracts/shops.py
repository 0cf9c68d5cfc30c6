"""`orders.shop.v1`: a shop's identity, languages, policies and the hashes of its keys.

Published by orders, heard by all.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.base import Message, Part, Utc
from shared.contracts.orders import Address


class InvoicePolicy(StrEnum):
    """When an invoice is due by itself."""

    ON_SHIPMENT = "on_shipment"
    PER_SHIPMENT = "per_shipment"
    ON_PAYMENT = "on_payment"
    MANUAL = "manual"


class InvoiceOrigin(StrEnum):
    """Who makes a shop's invoices: billing, or software outside whose invoices are imported."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class LegalIdentity(Part):
    """The seller as documents must name it."""

    name: str
    address: Address
    siren: str | None = None
    vat_number: str | None = None
    email: str | None = None
    phone: str | None = None
    iban: str | None = None
    legal_form: str | None = None
    vat_exempt: bool = Field(default=False, description="franchise en base (CGI 293 B)")
    siret: str | None = Field(default=None, description="of the establishment that invoices; begins with the SIREN")
    electronic_address: str | None = Field(
        default=None,
        description="where e-invoices find the seller, scheme first: `0225:732829320`; absent: by the SIREN",
    )
    vat_on_debits: bool = Field(default=False, description="option for VAT on services by the date of the invoice")
    exemption: str | None = Field(
        default=None, description="the law that exempts sales at 0 % in the seller's own country, as documents quote it"
    )


class ShopKey(Part):
    """An API key as the other services verify it: never the key itself."""

    id: str
    name: str = ""
    sha256: str = Field(description="hex digest of the key")
    scopes: tuple[str, ...]
    expires_at: Utc | None = None


class Closing(Part):
    """A period in which the shop does not ship, told on pages and in mails."""

    starts: str
    ends: str
    texts: dict[str, str] = Field(default={})


class Shop(Message):
    """A shop as all services need to know it: identity, languages, policies, and who holds a key.

    Key hashes travel here so that every service verifies requests by itself.
    """

    name: ClassVar[str] = "orders.shop.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("inventory", "billing", "notifications")

    title: str = Field(description="the name clients see")
    legal: LegalIdentity
    languages: tuple[str, ...] = ("fr", "en")
    timezone: str = "Europe/Paris"
    currency: str = "EUR"
    public_url: str = ""
    mail_from: str
    administrators: tuple[str, ...] = Field(default=(), description="addresses of the merchant's mails")
    sms: bool = Field(default=False, description="SMS must be activated first")
    invoice_policy: InvoicePolicy = InvoicePolicy.ON_SHIPMENT
    invoice_series: str = "FA"
    credit_note_series: str = "AV"
    invoicing: InvoiceOrigin = Field(
        default=InvoiceOrigin.INTERNAL,
        description="`external`: billing issues nothing by itself, invoices are imported",
    )
    payment_days: int = Field(default=0, ge=0, description="to pay an invoice, from its date on; 0: on receipt")
    closings: tuple[Closing, ...] = ()
    keys: tuple[ShopKey, ...] = ()
    payment_key: str = Field(
        default="", description="signs the links to payment pages (`/p/…`); for the services alone, shown to nobody"
    )

    @property
    def key(self) -> str:
        return self.shop
