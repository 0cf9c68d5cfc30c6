"""The kinds of fields that inputs are made of, each with its limits and its words for what is wrong."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.fr import siren, siret

from services.orders.domain.characters import has_controls
from services.orders.files.countries import country_codes
from shared.money import UnknownCurrency, exponent
from shared.texts import SMS_LENGTH, BadText, check

GREATEST = 1_000_000
"""Of a quantity; beyond it, it is a typing error."""


_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
_ELECTRONIC = r"^([0-9]{4}:[A-Za-z0-9+_.-]{1,120}|EM:[^\s\x00:]{1,120})$"
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _as_decimal(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        value = f"{value:f}"
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise ValueError("write it as a string like '12.50': no sign, at most 9 digits before the point and 6 behind")
    return Decimal(value)


def _one_line(value: str) -> str:
    if has_controls(value, lines=False):
        raise ValueError("must be one line, without control characters")
    return value


def _writable(value: str) -> str:
    if has_controls(value, lines=True):
        raise ValueError("must not hold control characters")
    return value


def _country(value: str) -> str:
    code = value.strip().upper()
    if code not in country_codes():
        raise ValueError("is no country's code like FR (ISO 3166-1 alpha-2)")
    return code


def _moment(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("must lie between 1970 and 2200")
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


def _siren(value: str) -> str:
    try:
        return siren.validate(value)
    except WrongNumber:
        raise ValueError("is no SIREN: nine digits, the last of which proves the others") from None


def _siret(value: str) -> str:
    try:
        return siret.validate(value)
    except WrongNumber:
        raise ValueError("is no SIRET: a SIREN and five digits, the last of which proves the others") from None


def _liquid(value: str, longest: int | None = None) -> str:
    try:
        check(value, longest)
    except BadText as error:
        where = {"line": error.line, "column": error.column} if error.line is not None else None
        raise PydanticCustomError("text", "{said}", {"said": str(error), "place": where}) from None
    return value


_Text = Annotated[str, AfterValidator(_one_line)]
_Lines = Annotated[str, AfterValidator(_writable)]
Plain = Annotated[Decimal, BeforeValidator(_as_decimal)]
Percent = Annotated[Plain, Field(le=100)]
Words = Annotated[_Text, StringConstraints(strip_whitespace=True, max_length=500)]
Paragraph = Annotated[_Lines, StringConstraints(strip_whitespace=True, max_length=500)]
"""Words that may stand on several lines."""
Filled = Annotated[Words, StringConstraints(min_length=1)]
Short = Annotated[_Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Email = Annotated[_Text, StringConstraints(strip_whitespace=True, max_length=320), AfterValidator(_email)]
Siren = Annotated[_Text, StringConstraints(max_length=20), AfterValidator(_siren)]
Siret = Annotated[_Text, StringConstraints(max_length=30), AfterValidator(_siret)]
ElectronicAddress = Annotated[str, StringConstraints(pattern=_ELECTRONIC)]
"""Of the scheme's code and the address: `0225:732829320` in the French directory, `EM:` before an e-mail address."""
Comment = Annotated[_Lines, StringConstraints(max_length=5000)]
Letter = Annotated[_Lines, StringConstraints(max_length=20_000)]
Liquid = AfterValidator(_liquid)
"""A text with variables, in which nothing is misspelt."""
OfSms = AfterValidator(partial(_liquid, longest=SMS_LENGTH))
"""The same, no longer than an SMS may be."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Quantity = Annotated[int, Field(ge=1, le=GREATEST, strict=True)]
Kind = Literal["product", "service", "digital", "subscription", "booking"]
Location = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""The code of one of inventory's locations."""
Moment = Annotated[AwareDatetime, AfterValidator(_moment)]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z]+(:[a-z]+)?$", max_length=40)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, StringConstraints(max_length=100), AfterValidator(_country)]
"""ISO 3166-1 alpha-2; lower case is raised."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]


class Input(BaseModel):
    """A body that says nothing but what it may."""

    model_config = ConfigDict(extra="forbid", frozen=True)
