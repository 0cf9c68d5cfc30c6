"""Sellers' own texts, in Liquid with hard limits: a text can waste neither time nor memory, and reaches no object.

`letters` and `sms` render with it. Variables: `order` (code, date, total, net, tax, currency, history_url),
`customer.name`, `shop` (name, url), `status.name`, `lines` (name, sku, quantity, total), `closings` (starts, ends,
text) and `parcel`/`parcels` (number, carrier, tracking_number, tracking_url). One that does not exist renders as
nothing; broken syntax raises `BadText`.
"""

from datetime import date
from functools import lru_cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency
from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError

from services.notifications.domain.payloads import Words
from shared.money import from_minor

TEXT_LENGTH = 50_000


class BadText(Exception):
    """A seller's text that cannot be rendered; says where."""


class _Liquid(Environment):
    loop_iteration_limit: ClassVar[int | None] = 10_000
    output_stream_limit: ClassVar[int | None] = 200_000
    local_namespace_limit: ClassVar[int | None] = 100_000
    context_depth_limit: ClassVar[int] = 20


_liquid = _Liquid()


def render(text: str, words: Words) -> str:
    """The text with its variables filled in; plain text, not escaped for anything."""
    if "{" not in text:
        return text.strip()
    if len(text) > TEXT_LENGTH:
        raise BadText(f"the text is longer than {TEXT_LENGTH} characters")
    try:
        return _parsed(text).render(**variables(words)).strip()
    except LiquidError as error:
        raise BadText(f"the text cannot be rendered: {' '.join(str(error).split())}") from error


def locale_of(language: str) -> Locale:
    """The locale of an order's language; English for one Babel does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def money(amount: int, words: Words) -> str:
    """An amount in the order's currency, as its language writes it."""
    return str(format_currency(from_minor(amount, words.currency), words.currency, locale=locale_of(words.language)))


def date_of(words: Words) -> str:
    """The day of the order in the shop's zone, as its language writes it."""
    return day_of(words.placed_at.astimezone(ZoneInfo(words.timezone)).date(), words)


def day_of(day: date, words: Words) -> str:
    """A day as the order's language writes it."""
    return str(format_date(day, "long", locale=locale_of(words.language)))


def variables(words: Words) -> dict[str, Any]:
    """What a text may speak of: plain values only."""
    parcels = [
        {
            "number": parcel.number,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
            "tracking_url": parcel.url or "",
        }
        for parcel in words.parcels
    ]
    return {
        "order": {
            "code": words.code,
            "date": date_of(words),
            "total": money(words.gross, words),
            "net": money(words.net, words),
            "tax": money(words.tax, words),
            "currency": words.currency,
            "history_url": words.history_url,
        },
        "customer": {"name": words.client},
        "shop": {"name": words.shop, "url": words.shop_url},
        "status": {"name": words.status},
        "lines": [
            {"name": item.name, "sku": item.sku, "quantity": item.quantity, "total": money(item.gross, words)}
            for item in words.items
        ],
        "closings": [
            {"starts": day_of(closed.starts, words), "ends": day_of(closed.ends, words), "text": closed.text}
            for closed in words.closings
        ],
        "parcels": parcels,
        "parcel": parcels[-1] if parcels else {},
    }


@lru_cache(maxsize=256)
def _parsed(text: str) -> BoundTemplate:
    return _liquid.from_string(text)
