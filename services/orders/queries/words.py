"""What a status's comment may speak of on its order's page: all that a mail may (docs/mail.md), since it may be one.

The same comment is the mail where a status has no mail of its own, and is tried on the same samples when it is saved.
Of parcels and closings it says what was known at the entry's moment. Neighbours: `history`, which fills comments in;
`shared.texts.samples`, the list of these names (a test compares page and mail).
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from services.orders.domain.closings import SOON, Closing, present_and_coming
from services.orders.queries.records import EntryRecord, OrderRecord, ParcelRecord
from shared.contracts import Shop
from shared.money import from_minor
from shared.texts import writing
from shared.texts.samples import NO_PARCEL


def words_of(record: OrderRecord, entry: EntryRecord, shop: Shop, link: str | None) -> dict[str, Any]:
    """The variables of an entry's comment, in the order's language; `link` leads to the page itself."""

    def money(amount: int) -> str:
        return writing.money(from_minor(amount, record.currency), record.currency, record.language)

    zone = ZoneInfo(shop.timezone)
    parcels = [
        _parcel(parcel) for parcel in record.shipments if parcel.tracking_number and parcel.shipped_at <= entry.at
    ]
    return {
        "order": {
            "code": record.code,
            "date": writing.day(record.placed_at.astimezone(zone).date(), record.language),
            "total": money(record.gross),
            "net": money(record.net),
            "tax": money(record.tax),
            "currency": record.currency,
            "history_url": link or "",
        },
        "customer": {"name": record.customer["name"]},
        "shop": {"name": shop.title, "url": shop.public_url},
        "status": {"name": entry.texts.get("name", entry.text)},
        "lines": [
            {
                "name": line.name,
                "sku": line.sku,
                "quantity": line.quantities.ordered,
                "total": money(line.gross if record.prices_include_tax else line.net),
            }
            for line in record.lines
            if line.quantities.ordered
        ],
        "closings": _closings(shop, entry.at.astimezone(zone).date(), record.language),
        "parcels": parcels,
        "parcel": parcels[-1] if parcels else NO_PARCEL,
    }


def _parcel(parcel: ParcelRecord) -> dict[str, Any]:
    return {
        "number": parcel.number,
        "carrier": parcel.carrier or "",
        "tracking_number": parcel.tracking_number or "",
        "tracking_url": parcel.tracking_url or "",
    }


def _closings(shop: Shop, today: date, language: str) -> list[dict[str, str]]:
    told = [Closing(date.fromisoformat(one.starts), date.fromisoformat(one.ends), one.texts) for one in shop.closings]
    return [
        {
            "starts": writing.day(closing.starts, language),
            "ends": writing.day(closing.ends, language),
            "text": closing.text_in((language, *shop.languages)),
        }
        for closing in present_and_coming(told, today)
        if closing.starts <= today + SOON
    ]
