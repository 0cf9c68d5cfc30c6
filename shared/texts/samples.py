"""Three orders that every text is tried on: small and plain, full, foreign. They are also the list of what texts may
speak of; `notifications.channels.texts` makes the same of a real order, and `orders.queries.words` (tests compare).

In a mail, as in these, what is not there is empty: an order without a parcel has a `parcel` of nothing.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from shared.texts import writing

LANGUAGES = ("fr", "en")

NO_PARCEL = {"number": None, "carrier": None, "tracking_number": None, "tracking_url": None}
"""The last parcel of an order without one: every variable is there, and empty."""


@cache
def samples(language: str) -> tuple[dict[str, Any], ...]:
    """The variables of the three orders, as this language writes amounts and days."""
    return _small(language), _full(language), _foreign(language)


def _small(language: str) -> dict[str, Any]:
    lines = [_line(language, "Thé vert", "THE-1", 1, "12.50", "EUR")]
    return _order(language, "A1B2C3", "12.50", "EUR", "Jeanne Martin", lines)


def _full(language: str) -> dict[str, Any]:
    lines = [
        _line(language, "Coffret <luxe> & verres", "COF/2", 2, "118.00", "EUR"),
        _line(language, "Livraison", "PORT", 1, "0.00", "EUR"),
        _line(language, "Bougie « Été »", "BOU-É", 10, "149.00", "EUR"),
    ]
    parcels = [
        _parcel(1, "Colissimo", "6A12345678901", "https://www.laposte.fr/outils/suivre-vos-envois?code=6A12345678901"),
        _parcel(2, "Point relais", "X-77", ""),
    ]
    closed = {
        "starts": writing.day(date(2027, 8, 2), language),
        "ends": writing.day(date(2027, 8, 16), language),
        "text": "Congés",
    }
    order = _order(language, "D4E5F6", "267.00", "EUR", "Société « L’Œuvre »", lines)
    link = order["order"] | {"history_url": "https://boutique.example/h/abc"}
    return order | {"order": link, "parcels": parcels, "parcel": parcels[-1], "closings": [closed]}


def _foreign(language: str) -> dict[str, Any]:
    lines = [_line(language, "抹茶", "MATCHA", 3, "4500", "JPY")]
    parcels = [_parcel(1, "DHL", "JD014600", "https://www.dhl.example/JD014600")]
    order = _order(language, "G7H8J9", "4500", "JPY", "山田 花子", lines)
    return order | {"parcels": parcels, "parcel": parcels[-1]}


def _order(
    language: str, code: str, total: str, currency: str, client: str, lines: list[dict[str, Any]]
) -> dict[str, Any]:
    gross = Decimal(total)
    tax = (gross / 6).quantize(gross)
    return {
        "order": {
            "code": code,
            "date": writing.day(date(2027, 2, 28), language),
            "total": writing.money(gross, currency, language),
            "net": writing.money(gross - tax, currency, language),
            "tax": writing.money(tax, currency, language),
            "currency": currency,
            "history_url": "",
        },
        "customer": {"name": client},
        "shop": {"name": "La Boutique", "url": "https://boutique.example"},
        "status": {"name": "Expédiée"},
        "lines": lines,
        "closings": [],
        "parcels": [],
        "parcel": NO_PARCEL,
    }


def _line(language: str, name: str, sku: str, quantity: int, total: str, currency: str) -> dict[str, Any]:
    return {"name": name, "sku": sku, "quantity": quantity, "total": writing.money(Decimal(total), currency, language)}


def _parcel(number: int, carrier: str, tracking_number: str, url: str) -> dict[str, Any]:
    return {"number": number, "carrier": carrier, "tracking_number": tracking_number, "tracking_url": url}
