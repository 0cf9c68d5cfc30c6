"""The kinds of fields that new and amended orders share: pick-up, tags, the shop's own fields, coupons; imports."""

from datetime import date as Day
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.orders.commands.inputs.fields import Currency, Input, Plain, Short
from services.orders.domain.characters import cleaned
from shared.money import exponent


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

    `status` of an `imported` one may be any, and may be a type, for the shop's first active status of it. What has left
    by then (of a partly shipped one: `lines[].shipped`) left there, unless the order `takes_stock` here. What was paid
    and paid back there (`paid_before`, `refunded_before`) nobody is asked for again; a marketplace's payouts tell it
    themselves.
    """

    channel: Literal["web", "manual", "amazon", "ebay"] = "web"
    currency: Currency
    imported: bool = False
    takes_stock: bool = False
    paid_before: Plain | None = None
    refunded_before: Plain | None = None

    @model_validator(mode="after")
    def _only_imported_ones_have_left(self) -> Self:
        if self.takes_stock and not self.imported:
            raise ValueError("takes_stock: goods of an order that is not imported leave with a change of its status")
        return self

    @model_validator(mode="after")
    def _money_came_elsewhere(self) -> Self:
        for field in ("paid_before", "refunded_before"):
            amount: Decimal | None = getattr(self, field)
            if amount is None:
                continue
            if not self.imported:
                raise ValueError(f"{field}: a payment for an order that is not imported is recorded with billing")
            if self.channel in ("amazon", "ebay"):
                raise ValueError(f"{field}: a payout tells what {self.channel} paid for its order")
            if -int(amount.as_tuple().exponent) > exponent(self.currency):
                raise ValueError(f"{field}: {amount} has more decimals than {self.currency}")
        if (self.refunded_before or 0) > (self.paid_before or 0):
            raise ValueError("refunded_before: is more than paid_before")
        return self
