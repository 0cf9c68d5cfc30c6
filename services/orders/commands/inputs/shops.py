"""Bodies of commands on a shop and its keys."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.orders.commands.inputs.fields import (
    Currency,
    ElectronicAddress,
    Email,
    Filled,
    Input,
    Language,
    Moment,
    Paragraph,
    Scope,
    Short,
    Siret,
    Words,
    Zone,
)
from services.orders.commands.inputs.orders import AddressInput

PaidState = Literal["pending", "authorised", "paid", "failed", "refunded"]


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
    siret: Siret | None = None
    electronic_address: ElectronicAddress | None = None
    vat_on_debits: bool = False
    exemption: Paragraph | None = None

    @model_validator(mode="after")
    def _establishment_of_the_seller(self) -> Self:
        if self.siret and self.siren and self.siret[:9] != "".join(self.siren.split()):
            raise ValueError("siret: begins with another SIREN than the seller's")
        return self


class ClosingInput(Input):
    """A period in which the shop does not ship; dates like 2026-08-01, texts by language."""

    starts: date
    ends: date
    texts: dict[Language, Paragraph] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Self:
        if self.ends < self.starts:
            raise ValueError("ends: the last day is before the first")
        return self


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
    invoicing: Literal["internal", "external"] = "internal"
    payment_days: Annotated[int, Field(ge=0, le=120, strict=True)] = 0
    closings: tuple[ClosingInput, ...] = ()
    profile: Literal["open", "strict"] = "open"
    payment_term_hours: Annotated[int, Field(ge=1, le=24 * 366)] | None = None
    on_payment: dict[PaidState, Short] = Field(default_factory=dict)
    on_invoice_imported: Short | None = None
    tracking_required: bool = False
    publish_histories: bool = False

    @model_validator(mode="after")
    def _one_kind_a_series(self) -> Self:
        if self.invoice_series == self.credit_note_series:
            raise ValueError("credit_note_series: must differ from invoice_series: each kind is numbered for itself")
        return self
