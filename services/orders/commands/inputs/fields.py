"""The kinds of fields that inputs are made of, each with its limits and its words for what is wrong."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.money import UnknownCurrency, exponent

GREATEST = 1_000_000
"""Of a quantity; beyond it, it is a typing error."""


def _as_decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str):
        raise ValueError("write it as a string, like '12.50'")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError("write it as a plain decimal, like '12.50'") from None


def _plain(value: Decimal) -> Decimal:
    if not value.is_finite() or value < 0 or value >= Decimal(10) ** 12:
        raise ValueError("must be between 0 and 999999999999")
    return value


def _currency(value: str) -> str:
    try:
        exponent(value)
    except UnknownCurrency as error:
        raise ValueError(str(error)) from None
    return value


def _email(value: str) -> str:
    name, at, host = value.rpartition("@")
    if not (name and at and "." in host) or any(character.isspace() for character in value):
        raise ValueError("is no e-mail address")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is no time zone like Europe/Paris")
    return value


Plain = Annotated[Decimal, BeforeValidator(_as_decimal), AfterValidator(_plain)]
Percent = Annotated[Plain, Field(le=100)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
Filled = Annotated[Words, StringConstraints(min_length=1)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320), AfterValidator(_email)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Country = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Quantity = Annotated[int, Field(ge=1, le=GREATEST, strict=True)]
Kind = Literal["product", "service", "digital", "subscription", "booking"]
Comment = Annotated[str, Field(max_length=5000)]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z]+(:[a-z]+)?$")]
Zone = Annotated[str, AfterValidator(_zone)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]


class Input(BaseModel):
    """A body that says nothing but what it may."""

    model_config = ConfigDict(extra="forbid", frozen=True)
