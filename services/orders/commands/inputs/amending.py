"""The bodies of edits that touch neither lines nor status: details of an order, and internal notes."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.orders.commands.inputs.details import Fields, PickupInput, Tag, Tags
from services.orders.commands.inputs.fields import (
    Comment,
    ElectronicAddress,
    Email,
    Filled,
    Input,
    Language,
    Short,
    Siren,
    Siret,
    Words,
)
from services.orders.commands.inputs.orders import AddressInput


class ContactInput(Input):
    """The client's particulars; what is absent stays."""

    email: Email = ""
    name: Filled = ""
    phone: Words | None = None
    language: Language | None = None
    company: Words | None = None
    vat_number: Words | None = None
    siren: Siren | None = None
    siret: Siret | None = None
    electronic_address: ElectronicAddress | None = None


class AmendOrder(Input):
    """A merge patch: what is absent stays, null empties what can be empty. Status and lines have their own routes."""

    customer: ContactInput = ContactInput()
    billing_address: AddressInput | None = None
    shipping_address: AddressInput | None = None
    same_as_billing: bool = False
    carrier: Short | None = None
    shipping_method: Short | None = None
    pickup: PickupInput | None = None
    payment_method: Short | None = None
    purchase_order: Short | None = None
    operator: Short | None = None
    origin: Short | None = None
    indicator: Tag | None = None
    tags: Tags = ()
    fields: Fields = Field(default_factory=dict)
    shown: Literal["automatic", "shown", "hidden"] = "automatic"
    archived: bool = False

    @model_validator(mode="after")
    def _one_shipping_address(self) -> Self:
        if self.same_as_billing and "shipping_address" in self.model_fields_set:
            raise ValueError("shipping_address: it is the same as billing")
        return self

    @model_validator(mode="after")
    def _addresses_are_whole(self) -> Self:
        for field in ("billing_address", "shipping_address"):
            address: AddressInput | None = getattr(self, field)
            if address is not None and not (address.street and address.city):
                raise ValueError(f"{field}: street and city are needed")
        return self


class NoteInput(Input):
    """What operators tell one another about an order; nobody else ever reads it."""

    text: Annotated[Comment, StringConstraints(strip_whitespace=True, min_length=1)]
