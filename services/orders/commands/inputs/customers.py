"""The bodies of commands on clients: a new record, a change of one, and what a shop does with its clients."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from services.orders.commands.inputs.details import Tags
from services.orders.commands.inputs.fields import (
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


def _whole(address: AddressInput | None) -> AddressInput | None:
    if address is not None and not (address.street and address.city):
        raise ValueError("street and city are needed")
    return address


WholeAddress = Annotated[AddressInput | None, AfterValidator(_whole)]


class ClientFields(Input):
    """What may be known of a client besides who it is.

    `number` is an outside system's, one client's in the shop; `group` says which prices the client sees.
    """

    phone: Words | None = None
    language: Language | None = None
    company: Words | None = None
    vat_number: Words | None = None
    siren: Siren | None = None
    siret: Siret | None = None
    electronic_address: ElectronicAddress | None = None
    number: Short | None = None
    tags: Tags = ()
    group: Short | None = None
    billing_address: WholeAddress = None
    shipping_address: WholeAddress = None


class NewCustomer(ClientFields):
    """A client with an account; e-mail addresses are compared without capitals."""

    email: Email
    name: Filled


class AmendCustomer(ClientFields):
    """A merge patch: what is absent stays, null empties what can be empty."""

    email: Email = ""
    name: Filled = ""
    account: bool = False


class TagRule(Input):
    """Whoever buys `sku` gets these tags."""

    sku: Short
    tags: Annotated[Tags, Field(min_length=1)]


class CustomerSettings(Input):
    """What a shop does with its clients.

    `space`: they have a space of their own, which mails a link below the shop's `public_url`. `tagging`: buying the
    products of `tag_rules` tags the client's record.
    """

    space: bool = False
    tagging: bool = False
    tag_rules: Annotated[tuple[TagRule, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _a_product_stands_once(self) -> Self:
        skus = [rule.sku for rule in self.tag_rules]
        if len(set(skus)) < len(skus):
            raise ValueError("tag_rules: a SKU stands there twice")
        return self
