"""An order as its client sees it: published entries alone, in the order's language, without any internal word.

Mnemonics, types, actors, notes, warnings and unpublished entries never get here.
"""

from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.links import is_valid, order_of
from services.orders.domain.publication import is_shown
from services.orders.queries.documents import amount, moment
from services.orders.queries.records import EntryRecord, OrderRecord, complete, entry_of, record_of
from services.orders.tables import entries, orders, shop_settings
from shared.contracts import Shop
from shared.problems import NotFound
from shared.security import find_shop

_STATUS = "status"


class _Limited(Environment):
    loop_iteration_limit = 1_000
    output_stream_limit = 20_000
    context_depth_limit = 20


_liquid = _Limited()


class HistoryNotShown(NotFound):
    """No such link (any more), or the shop does not show this order to its client."""

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
    if not (settings.publish_histories and is_valid(token, settings.link_secret, row.history_token)):
        raise hidden
    if not is_shown(row.shown, row.payment):
        raise hidden
    (record,) = await complete(conn, [record_of(row)])
    shop = await find_shop(conn, row.shop)
    return _history(record, await _published(conn, record), shop)


def link_to(shop: Shop | None, token: str | None) -> str | None:
    """The address of a history; None where there is no link, or the shop has no public address."""
    if shop is None or not shop.public_url or not token:
        return None
    return f"{shop.public_url.rstrip('/')}/h/{token}"


async def _published(conn: AsyncConnection, record: OrderRecord) -> list[EntryRecord]:
    statement = (
        select(entries)
        .where(entries.c.order_id == record.id, entries.c.kind == _STATUS, entries.c.publish)
        .order_by(entries.c.id)
    )
    return [entry_of(row) for row in await conn.execute(statement)]


def _history(record: OrderRecord, published: list[EntryRecord], shop: Shop | None) -> dict[str, Any]:
    words = _words(record, shop)
    items = [_entry(entry, words) for entry in published]
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
                "shipped_at": moment(parcel.shipped_at),
            }
            for parcel in record.shipments
        ],
    }


def _entry(entry: EntryRecord, words: dict[str, Any]) -> dict[str, Any]:
    name = entry.texts.get("name", entry.text)
    return {
        "at": moment(entry.at),
        "name": name,
        "comment": _rendered(entry.texts.get("comment", ""), {**words, "status": {"name": name}}),
        "message": entry.message,
    }


def _words(record: OrderRecord, shop: Shop | None) -> dict[str, Any]:
    """What a comment may speak of, under the names it has in letters."""
    total = f"{amount(record.gross, record.currency)} {record.currency}"
    return {
        "order": {"code": record.code, "total": total, "currency": record.currency},
        "customer": {"name": record.customer["name"]},
        "shop": {"name": shop.title, "url": shop.public_url} if shop else {},
    }


def _rendered(text: str, words: dict[str, Any]) -> str:
    """The comment filled in; one that cannot be is left out, as a mail with it would be."""
    if "{" not in text:
        return text
    try:
        return _liquid.from_string(text).render(**words).strip()
    except LiquidError:
        return ""
