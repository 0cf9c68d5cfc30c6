"""The kinds of fields that new and amended orders share: pick-up, tags, the shop's own fields, coupons."""

from datetime import date as Day
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from services.orders.commands.inputs.fields import Input, Short


def _once(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))


Tag = Annotated[Short, StringConstraints(max_length=60)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=50), AfterValidator(_once)]
Fields = Annotated[dict[Short, Any], Field(max_length=200)]
Coupon = Annotated[Short, StringConstraints(max_length=40), AfterValidator(str.upper)]
"""A code as somebody types it; capitals do not matter."""
Coupons = Annotated[tuple[Coupon, ...], Field(max_length=10), AfterValidator(_once)]


class PickupInput(Input):
    """Where, and perhaps on which day, the client fetches the order."""

    point: Short
    date: Day | None = None
