"""What sellers' own texts may speak of, as an order's language writes it; `shared.texts` fills them in.

`letters` and `sms` render with it. Variables: `order` (code, date, total, net, tax, currency, history_url),
`customer.name`, `shop` (name, url), `status.name`, `lines` (name, sku, quantity, total), `closings` (starts, ends,
text) and `parcel`/`parcels` (number, carrier, tracking_number, tracking_url). One that does not exist renders as
nothing; broken syntax raises `BadText`.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from services.notifications.domain.payloads import Words
from shared import texts
from shared.money import from_minor
from shared.texts import BadText, writing
from shared.texts.samples import NO_PARCEL
from shared.texts.writing import locale_of

__all__ = ["BadText", "date_of", "day_of", "locale_of", "money", "render", "variables"]


def render(text: str, words: Words) -> str:
    """The text with its variables filled in; plain text, not escaped for anything. Raises `BadText`."""
    return texts.render(text, variables(words) if "{" in text else {})


def money(amount: int, words: Words) -> str:
    """An amount in the order's currency, as its language writes it."""
    return writing.money(from_minor(amount, words.currency), words.currency, words.language)


def date_of(words: Words) -> str:
    """The day of the order in the shop's zone, as its language writes it."""
    return day_of(words.placed_at.astimezone(ZoneInfo(words.timezone)).date(), words)


def day_of(day: date, words: Words) -> str:
    """A day as the order's language writes it."""
    return writing.day(day, words.language)


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
            {"name": item.name, "sku": item.sku, "quantity": item.quantity, "total": money(item.total, words)}
            for item in words.items
        ],
        "closings": [
            {"starts": day_of(closed.starts, words), "ends": day_of(closed.ends, words), "text": closed.text}
            for closed in words.closings
        ],
        "parcels": parcels,
        "parcel": parcels[-1] if parcels else NO_PARCEL,
    }
