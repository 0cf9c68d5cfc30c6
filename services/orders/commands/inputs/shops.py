"""Bodies of commands on a shop and what is its own: statuses and keys."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.orders.commands.inputs.fields import (
    Comment,
    Currency,
    Email,
    Filled,
    Input,
    Language,
    Letter,
    Moment,
    Scope,
    Short,
    Words,
    Zone,
)
from services.orders.commands.inputs.orders import AddressInput

PaidState = Literal["pending", "authorised", "paid", "failed", "refunded"]


class StatusTexts(Input):
    name: Filled
    comment: Comment = ""
    subject: Words = ""
    mail: Letter = ""
    sms: Comment = ""


class StatusInput(Input):
    """A seller's status; a type that is not chosen is `other`."""

    mnemonic: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    type: str = "other"
    texts: Annotated[dict[Language, StatusTexts], Field(min_length=1)]
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#64748b"
    indicator: Annotated[Words, StringConstraints(max_length=60)] = ""
    publish: bool = False
    mail: bool = False
    mail_admins: bool = False
    sms: bool = False
    invoice: bool | None = None
    ask_stock: bool = False
    position: Annotated[int, Field(ge=0, le=1_000_000)] = 1000
    active: bool = True


class KeyInput(Input):
    name: Short
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    expires_at: Moment | None = None


class LegalInput(Input):
    """The seller as documents must name it."""

    name: Filled
    address: AddressInput
    siren: Words | None = None
    vat_number: Words | None = None
    email: Email | None = None
    phone: Words | None = None
    iban: Words | None = None
    legal_form: Words | None = None
    vat_exempt: bool = False


class ClosingInput(Input):
    """A period in which the shop does not ship; dates like 2026-08-01, texts by language."""

    starts: date
    ends: date
    texts: dict[Language, Words] = Field(default_factory=dict)


class ShopInput(Input):
    """A shop: what all services are told of it, and (`profile` and below) what only orders reads."""

    shop: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    title: Filled
    legal: LegalInput
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("fr", "en")
    timezone: Zone = "Europe/Paris"
    currency: Currency = "EUR"
    public_url: Words = ""
    mail_from: Email
    administrators: tuple[Email, ...] = ()
    sms: bool = False
    invoice_policy: Literal["on_shipment", "per_shipment", "on_payment", "manual"] = "on_shipment"
    invoice_series: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,10}$")] = "FA"
    credit_note_series: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,10}$")] = "AV"
    closings: tuple[ClosingInput, ...] = ()
    profile: Literal["open", "strict"] = "open"
    payment_term_hours: Annotated[int, Field(ge=1, le=24 * 366)] | None = None
    on_payment: dict[PaidState, Short] = Field(default_factory=dict)
