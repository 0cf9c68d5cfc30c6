"""An order as its client sees it: published entries alone, in the order's language, without any internal word.

Mnemonics, types, actors, notes, warnings and unpublished entries never get here.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.links import is_valid, order_of
from services.orders.domain.publication import opens
from services.orders.queries.documents import amount, moment
from services.orders.queries.records import EntryRecord, OrderRecord, complete, entry_of, record_of
from services.orders.queries.words import words_of
from services.orders.tables import entries, orders, shop_settings
from shared.contracts import Shop
from shared.database import among
from shared.problems import NotFound
from shared.security import find_shop
from shared.texts import BadText, render

_STATUS = "status"


class HistoryNotShown(NotFound):
    """No such link (any more), or the shop hides this order from its client."""

    slug = "history-not-shown"
    title = "There is no history to see here"


async def find_history(conn: AsyncConnection, token: str) -> dict[str, Any]:
    """What a link opens. Raises `HistoryNotShown`, which does not tell why."""
    hidden = HistoryNotShown("The link is not valid, or the shop does not show this order.")
    id_ = order_of(token)
    if id_ is None:
        raise hidden
    living = orders.c.deleted_at.is_(None) & orders.c.erased.is_(False)
    row = (await conn.execute(select(*orders.c).where(orders.c.id == id_, living))).one_or_none()
    if row is None:
        raise hidden
    rules = select(shop_settings).where(shop_settings.c.shop == row.shop)
    settings = (await conn.execute(rules)).one()
    if not is_valid(token, settings.link_secret, row.history_token):
        raise hidden
    if not opens(row.shown, settings.publish_histories):
        raise hidden
    (record,) = await complete(conn, [record_of(row)])
    shop = await find_shop(conn, row.shop)
    published = await published_entries(conn, [record.id])
    return history_document(record, published.get(record.id, []), shop)


def link_to(shop: Shop | None, token: str | None) -> str | None:
    """The address of a history; None where there is no link, or the shop has no public address."""
    if shop is None or not shop.public_url or not token:
        return None
    return f"{shop.public_url.rstrip('/')}/h/{token}"


async def published_entries(conn: AsyncConnection, ids: Sequence[str]) -> dict[str, list[EntryRecord]]:
    """What clients may read of these orders' histories, oldest first; an order without such entries is left out."""
    statement = (
        select(entries)
        .where(among(entries.c.order_id, ids), entries.c.kind == _STATUS, entries.c.publish)
        .order_by(entries.c.id)
    )
    found: dict[str, list[EntryRecord]] = {}
    for row in await conn.execute(statement):
        found.setdefault(row.order_id, []).append(entry_of(row))
    return found


def history_document(record: OrderRecord, published: Sequence[EntryRecord], shop: Shop | None) -> dict[str, Any]:
    """All that the client of an order sees of it."""
    items = [_entry(record, entry, shop) for entry in published]
    return {
        "code": record.code,
        "language": record.language,
        "shop": shop.title if shop else "",
        "placed_at": moment(record.placed_at),
        "currency": record.currency,
        "total": amount(record.gross, record.currency),
        "status": items[-1]["name"] if items else None,
        "entries": items,
        "lines": [{"name": line.name, "quantity": line.quantities.ordered} for line in record.lines],
        "parcels": [
            {
                "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number,
                "tracking_url": parcel.tracking_url,
                "shipped_at": moment(parcel.shipped_at),
            }
            for parcel in record.shipments
        ],
    }


def _entry(record: OrderRecord, entry: EntryRecord, shop: Shop | None) -> dict[str, Any]:
    return {
        "at": moment(entry.at),
        "name": entry.texts.get("name", entry.text),
        "comment": _comment(record, entry, shop),
        "message": entry.message,
    }


def _comment(record: OrderRecord, entry: EntryRecord, shop: Shop | None) -> str:
    """The comment filled in; one that cannot be is left out, as a mail with it would be."""
    text = entry.texts.get("comment", "")
    try:
        if shop is None or "{" not in text:
            return render(text, {})
        return render(text, words_of(record, entry, shop, link_to(shop, record.history_token)))
    except BadText:
        return ""
