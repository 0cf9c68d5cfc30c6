"""The kinds of fields that new and amended orders share: pick-up, tags, the shop's own fields, coupons; imports."""

from datetime import date as Day
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.orders.commands.inputs.fields import Input, Short
from services.orders.domain.characters import cleaned


def _once(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))


def _sayable(fields: dict[str, Any]) -> dict[str, Any]:
    if cleaned(fields, "fields") != fields:
        raise ValueError("must not hold control characters")
    return fields


Tag = Annotated[Short, StringConstraints(max_length=60)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=50), AfterValidator(_once)]
Fields = Annotated[dict[Short, Any], Field(max_length=200), AfterValidator(_sayable)]
Coupon = Annotated[Short, StringConstraints(max_length=40), AfterValidator(str.upper)]
"""A code as somebody types it; capitals do not matter."""
Coupons = Annotated[tuple[Coupon, ...], Field(max_length=10), AfterValidator(_once)]


class PickupInput(Input):
    """Where, and perhaps on which day, the client fetches the order."""

    point: Short
    date: Day | None = None


class Importable(Input):
    """An order that may come from elsewhere, and then with the status that it had there.

    `status` of an `imported` one may be any but a part's, and may be a type, for the shop's first active status of it.
    What has left by then left there, unless the order `takes_stock` here.
    """

    imported: bool = False
    takes_stock: bool = False

    @model_validator(mode="after")
    def _only_imported_ones_have_left(self) -> Self:
        if self.takes_stock and not self.imported:
            raise ValueError("takes_stock: goods of an order that is not imported leave with a change of its status")
        return self
