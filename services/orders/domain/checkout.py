"""What an order may choose among: the shop's carriers, shipping methods, pick-up points and own fields.

A shop configures each as a list (`commands.checkout` writes it, `queries.catalogue` reads it); what an order chose is
kept on the order as it was, so a list may change at any time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

PLACEHOLDER = "{tracking_number}"
"""What a tracking page's address has in the place of the number."""
LONGEST = 2000
"""Characters of a custom field's text."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class ChoiceRefused(ValueError):
    """The shop does not offer this; `field` is the input's."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


@dataclass(frozen=True, slots=True)
class Carrier:
    name: str
    tracking_url: str | None = None


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """A place where clients fetch their orders; a temporary one (a fair, a depot) has a first or a last day."""

    id: str
    name: str
    address: Mapping[str, Any]
    starts: date | None = None
    ends: date | None = None

    def open_on(self, day: date) -> bool:
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field of the shop's own. `kind`: text, number, date, boolean, choice."""

    name: str
    labels: Mapping[str, str]
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkout:
    """All that a shop offers."""

    carriers: tuple[Carrier, ...] = ()
    shipping_methods: tuple[str, ...] = ()
    pickup_points: tuple[PickupPoint, ...] = ()
    fields: tuple[FieldRule, ...] = ()


NOTHING_OFFERED = Checkout()


def carrier_named(offered: Checkout, name: str) -> str:
    """The carrier as the shop writes it, or the free name."""
    return next((carrier.name for carrier in offered.carriers if carrier.name.casefold() == name.casefold()), name)


def method_named(offered: Checkout, name: str) -> str:
    """One of the shop's shipping methods. Raises `ChoiceRefused`, also where none is configured."""
    for method in offered.shipping_methods:
        if method.casefold() == name.casefold():
            return method
    if not offered.shipping_methods:
        raise ChoiceRefused("shipping_method", "The shop has no shipping methods configured.")
    raise ChoiceRefused("shipping_method", f"The shop has no shipping method '{name}'.")


def pickup_at(offered: Checkout, id_: str, day: date | None, today: date) -> dict[str, Any]:
    """The point as the order keeps it. Raises `ChoiceRefused` for an unknown one, or one that is closed that day."""
    point = next((point for point in offered.pickup_points if point.id == id_), None)
    if point is None:
        raise ChoiceRefused("pickup.point", f"The shop has no pick-up point '{id_}'.")
    if day is not None and not point.open_on(day):
        raise ChoiceRefused("pickup.date", f"'{point.name}' is not open on {day}.")
    if point.ends is not None and point.ends < today:
        raise ChoiceRefused("pickup.point", f"'{point.name}' closed on {point.ends}.")
    kept = {"point": point.id, "name": point.name, "address": dict(point.address)}
    return kept | {"date": None if day is None else day.isoformat()}


def field_values(rules: Sequence[FieldRule], given: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
    """The values in their kinds; None takes a value away. `complete` asks for the required ones, too.

    Raises `ChoiceRefused` for a field that is not declared, missing, or of another kind.
    """
    known = {rule.name: rule for rule in rules}
    for name in given:
        if name not in known:
            raise ChoiceRefused(f"fields.{name}", "The shop has no such field.")
    values = {name: None if value is None else _of_kind(known[name], value) for name, value in given.items()}
    for rule in rules:
        if rule.required and values.get(rule.name) in (None, "") and (complete or rule.name in values):
            raise ChoiceRefused(f"fields.{rule.name}", "The shop asks for this field.")
    return values


def _of_kind(rule: FieldRule, value: Any) -> Any:
    wanted = {"boolean": bool}.get(rule.kind, str)
    if not isinstance(value, wanted) or (isinstance(value, str) and (len(value) > LONGEST or "\0" in value)):
        raise ChoiceRefused(f"fields.{rule.name}", f"This is no {rule.kind}.")
    if not _fits(rule, value):
        raise ChoiceRefused(f"fields.{rule.name}", f"This is no {rule.kind} as the shop wants it.")
    return value


def _fits(rule: FieldRule, value: Any) -> bool:
    """Whether a text is a number, a day or a choice; numbers are texts, as amounts are."""
    try:
        match rule.kind:
            case "number":
                return Decimal(value).is_finite()
            case "date":
                return bool(_DAY.fullmatch(value) and date.fromisoformat(value))
            case "choice":
                return value in rule.choices
    except (InvalidOperation, ValueError):
        return False
    return True


def tracking_url(offered: Checkout, carrier: str | None, number: str | None) -> str | None:
    """Where the client follows a parcel, if the shop knows the carrier's page."""
    if not carrier or not number:
        return None
    for known in offered.carriers:
        if known.name.casefold() == carrier.casefold() and known.tracking_url is not None:
            return known.tracking_url.replace(PLACEHOLDER, quote(number, safe=""))
    return None
