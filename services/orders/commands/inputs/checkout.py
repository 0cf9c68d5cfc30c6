"""The body of a shop's checkout: what its orders may choose among."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.orders.commands.inputs.fields import Filled, Input, Language, Short, Words
from services.orders.commands.inputs.orders import AddressInput
from services.orders.domain.checkout import PLACEHOLDER


def _template(value: str) -> str:
    if not value.startswith(("https://", "http://")) or PLACEHOLDER not in value:
        raise ValueError(f"write an address like https://carrier.example/track?number={PLACEHOLDER}")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Many = Field(default=(), max_length=200)


class CarrierInput(Input):
    """A carrier to pick from; `tracking_url` has `{tracking_number}` where the number goes."""

    name: Short
    tracking_url: Annotated[Words, AfterValidator(_template)] | None = None


class PickupPointInput(Input):
    """A place where clients fetch their orders; a temporary one says from when or until when."""

    id: Name
    name: Filled
    address: AddressInput
    starts: date | None = None
    ends: date | None = None

    @model_validator(mode="after")
    def _days_are_in_order(self) -> Self:
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise ValueError("ends: the last day is before the first")
        return self


class FieldInput(Input):
    """A field of the order form that the shop adds; numbers and dates are written as strings."""

    name: Name
    labels: Annotated[dict[Language, Filled], Field(min_length=1)]
    kind: Literal["text", "number", "date", "boolean", "choice"] = "text"
    required: bool = False
    choices: Annotated[tuple[Short, ...], Many] = ()

    @model_validator(mode="after")
    def _choices_go_with_their_kind(self) -> Self:
        if bool(self.choices) != (self.kind == "choice"):
            raise ValueError("choices: they go with the kind 'choice', which needs them")
        return self


class CheckoutInput(Input):
    """All the lists of a shop; one that is absent is empty."""

    carriers: Annotated[tuple[CarrierInput, ...], Many] = ()
    shipping_methods: Annotated[tuple[Short, ...], Many] = ()
    pickup_points: Annotated[tuple[PickupPointInput, ...], Many] = ()
    fields: Annotated[tuple[FieldInput, ...], Many] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        named = {
            "carriers": [carrier.name.casefold() for carrier in self.carriers],
            "shipping_methods": [method.casefold() for method in self.shipping_methods],
            "pickup_points": [point.id for point in self.pickup_points],
            "fields": [field.name for field in self.fields],
        }
        for field, names in named.items():
            if len(set(names)) < len(names):
                raise ValueError(f"{field}: a name stands there twice")
        return self
