"""Bodies of commands on orders."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.orders.commands.inputs.decisions import DecisionInput, ShipmentInput
from services.orders.commands.inputs.details import Coupons, Fields, Importable, PickupInput, Tag, Tags
from services.orders.commands.inputs.fields import (
    Comment,
    Country,
    ElectronicAddress,
    Email,
    Filled,
    Input,
    Kind,
    Language,
    Letter,
    Liquid,
    Moment,
    OfSms,
    Paragraph,
    Percent,
    Plain,
    Quantity,
    Short,
    Siren,
    Siret,
    Words,
)
from services.orders.domain.kinds import STOCKED, odd_booking
from shared.money import exponent

FINEST = 4
"""Decimals of a price before tax (EN 16931 and its French profile allow no more)."""


class CustomerInput(Input):
    """The client as typed with the order, who needs an address and a name unless `customer_id` says who it is.

    `account` makes a client of whoever was a guest.
    """

    email: Email = ""
    name: Filled = ""
    phone: Words | None = None
    language: Language | None = None
    company: Words | None = None
    vat_number: Words | None = None
    siren: Siren | None = None
    siret: Siret | None = None
    electronic_address: ElectronicAddress | None = None
    account: bool = False


class AddressInput(Input):
    """A postal address; an imported order may know the country alone."""

    name: Words = ""
    street: Paragraph = ""
    postal_code: Words = ""
    city: Words = ""
    country: Country


class LineInput(Input):
    """A line; without `unit_price` it takes the price of the client's list, else the public one.

    A `booking` needs `booked_for`, and nothing else has it; an imported order is taken as it comes.
    """

    sku: Short
    name: Filled
    kind: Kind = "product"
    quantity: Quantity
    unit_price: Plain | None = None
    tax_rate: Percent
    external_id: Short | None = None
    booked_for: Moment | None = None
    shipped: Annotated[
        int,
        Field(ge=0, strict=True, description="of an order imported as partially shipped: how many units had left"),
    ] = 0

    @property
    def stocked(self) -> bool:
        """Only products are held in stock."""
        return self.kind in STOCKED


class ActionsInput(Input):
    """What the change of status does besides; absent: as the status says."""

    publish: bool | None = None
    mail: bool | None = None
    mail_admins: bool | None = None
    sms: bool | None = None
    invoice: bool | None = None


class PlaceOrder(Importable):
    """A new order. An `imported` one sends no confirmation, and its addresses and prices are taken as they come.

    Prices include tax where `prices_include_tax` says so; absent, where its client is shown them so, if the order takes
    any price from a list, else always.
    """

    external_id: Short | None = None
    placed_at: Moment | None = None
    prices_include_tax: bool | None = None
    language: Language | None = None
    on_short: Literal["wait", "cancel"] = "wait"
    status: Short = "received"
    test: bool = False
    customer: CustomerInput = CustomerInput()
    customer_id: Short | None = None
    billing_address: AddressInput | None = None
    shipping_address: AddressInput | None = None
    lines: Annotated[tuple[LineInput, ...], Field(min_length=1, max_length=1000)]
    actions: ActionsInput = ActionsInput()
    comment: Comment = ""
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
    coupons: Coupons = ()

    @property
    def unpriced(self) -> bool:
        """Whether any line leaves its price to the catalogue."""
        return any(line.unit_price is None for line in self.lines)

    @model_validator(mode="after")
    def _the_client_is_known(self) -> Self:
        if self.customer_id is not None:
            return self
        if "customer" not in self.model_fields_set:
            raise ValueError("customer: is needed, or 'customer_id'")
        for field in ("email", "name"):
            if not getattr(self.customer, field):
                raise ValueError(f"customer.{field}: is needed")
        return self

    @model_validator(mode="after")
    def _prices_fit(self) -> Self:
        shown = self.prices_include_tax is not False and not self.imported
        for number, line in enumerate(self.lines):
            if line.unit_price is not None:
                check_price(line.unit_price, self.currency, shown, f"lines.{number}.unit_price")
            elif self.imported:
                raise ValueError(f"lines.{number}.unit_price: an imported order comes with its prices")
        return self

    @model_validator(mode="after")
    def _what_left_was_ordered(self) -> Self:
        for number, line in enumerate(self.lines):
            if line.shipped and not self.imported:
                raise ValueError(f"lines.{number}.shipped: goods leave with a change of status, unless it is imported")
            if line.shipped > line.quantity:
                raise ValueError(f"lines.{number}.shipped: is more than quantity")
        return self

    @model_validator(mode="after")
    def _bookings_have_their_moment(self) -> Self:
        for number, line in enumerate(() if self.imported else self.lines):
            if reason := odd_booking(line.kind, line.booked_for):
                raise ValueError(f"lines.{number}.booked_for: {reason}")
        return self

    @model_validator(mode="after")
    def _imported_prices_stay(self) -> Self:
        if self.imported and self.coupons:
            raise ValueError("coupons: an imported order comes with its prices")
        return self

    @model_validator(mode="after")
    def _addresses_are_whole(self) -> Self:
        if not self.imported:
            for field in ("billing_address", "shipping_address"):
                address: AddressInput | None = getattr(self, field)
                if address is not None and not (address.street and address.city):
                    raise ValueError(f"{field}: street and city are needed (only an imported order may lack them)")
        return self


def check_price(price: Decimal, currency: str, shown: bool, field: str) -> None:
    """A price shown to clients has the currency's decimals; one before tax, or imported, may be finer (ValueError)."""
    decimals = -int(price.as_tuple().exponent)
    allowed = exponent(currency) if shown else max(FINEST, exponent(currency))
    if decimals > allowed:
        raise ValueError(f"{field}: {price} has {decimals} decimals, {currency} prices have at most {allowed} here")


class EditedTexts(Input):
    """What this one change says to the client instead of its status's texts, in the order's language."""

    subject: Annotated[Words, Field(min_length=1), Liquid] | None = None
    mail: Annotated[Letter, Field(min_length=1), Liquid] | None = None
    sms: Annotated[Comment, Field(min_length=1), OfSms] | None = None

    def given(self) -> dict[str, str]:
        """The texts that are there, by name."""
        return self.model_dump(exclude_none=True)


class MoveOrder(Input):
    """A change of status; `texts` are edited for this one order."""

    status: Short
    shipment: ShipmentInput | None = None
    decision: DecisionInput = DecisionInput()
    actions: ActionsInput = ActionsInput()
    comment: Comment = ""
    texts: EditedTexts = EditedTexts()


class DeleteOrder(Input):
    decision: DecisionInput = DecisionInput()
