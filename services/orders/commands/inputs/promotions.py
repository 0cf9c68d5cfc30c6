"""The body of a promotion."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.orders.commands.inputs.details import Coupon
from services.orders.commands.inputs.fields import Currency, Filled, Input, Language, Moment, Plain, Short
from services.orders.commands.inputs.orders import check_price

Limit = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]


class PromotionInput(Input):
    """A reduction for whoever gives the `code`, or without one for every order that it fits, but for marketplaces'.

    `value` is percent or an amount, `skus` the articles it is about (none: the whole order), `minimum` what these must
    come to. Limits count orders, in all and by client, but no drafts, cancelled or deleted ones. A draft that is placed
    and a cancelled order that is revived keep what they got, and count (again), above the limit if need be.
    """

    code: Coupon | None = None
    name: Filled
    labels: dict[Language, Filled] = Field(default_factory=dict)
    kind: Literal["percent", "amount"]
    value: Annotated[Plain, Field(gt=0)]
    currency: Currency | None = None
    skus: Annotated[tuple[Short, ...], Field(max_length=1000)] = ()
    minimum: Plain | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    usage_limit: Limit | None = None
    client_limit: Limit | None = None
    active: bool = True

    @model_validator(mode="after")
    def _amounts_have_a_currency(self) -> Self:
        if self.kind == "percent" and self.value > 100:
            raise ValueError("value: at most 100 percent")
        amounts: dict[str, Decimal | None] = {"minimum": self.minimum}
        if self.kind == "amount":
            amounts["value"] = self.value
        for field, amount in amounts.items():
            if amount is not None and self.currency is None:
                raise ValueError("currency: an amount needs one")
            if amount is not None and self.currency is not None:
                check_price(amount, self.currency, True, field)
        return self

    @model_validator(mode="after")
    def _it_ends_after_its_start(self) -> Self:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at: it ends before it starts")
        return self
