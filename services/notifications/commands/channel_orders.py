"""Orders read from a marketplace: what is news is said as `notifications.channel_order.v1`, and repeated.

A row is the marketplace's order; its version rises with what it says. The text is forgotten once orders has it, nothing
is left to be shipped and the last repeat was said, or when the person it speaks of is erased.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.domain.channel_accounts import MARKETPLACES
from services.notifications.domain.channel_orders import Ours, Seen, digest, next_repeat, translated
from services.notifications.queries import Found
from services.notifications.queries.channels import find_policy
from services.notifications.tables import channel_listings, channel_orders, stock
from shared.contracts import ChannelOrder, Order
from shared.database import among, upsert
from shared.outbox import Transaction

ERASED = "erased"
"""In the digest's place: whatever the marketplace says of this order, it is not kept again."""
BATCH = 200

_KEY = ("shop", "channel", "external_id")
_c = channel_orders.c
_row = (_c.shop == bindparam("s")) & (_c.channel == bindparam("ch")) & (_c.external_id == bindparam("ext"))
_link = update(channel_orders).where(_row, _c.order_id.is_(None)).values(order_id=bindparam("ours"))


async def note_orders(tx: Transaction, shop: str, channel: str, seen: Sequence[Seen]) -> int:
    """Keep what a page showed and say what is news; how many are."""
    newest = {one.order.external_id: one for one in seen}
    own = (_c.shop == shop) & (_c.channel == channel) & among(_c.external_id, sorted(newest))
    held = select(channel_orders).where(own).order_by(_c.external_id).with_for_update()
    known = {row.external_id: row for row in await tx.execute(held)}
    lead = (await find_policy(tx.conn, shop, channel)).alert
    names = await _names(tx, shop, channel, [line.sku for one in newest.values() for line in one.order.lines])
    rows = []
    for external, one in sorted(newest.items()):
        order, before = translated(one.order, names), known.get(external)
        if before is None and not one.open:
            continue  # it was dealt with before anybody here saw it
        if before is not None and (before.digest == ERASED or _same(before, order, one)):
            continue
        rows.append(_noted(tx, order, one, before, lead))
    if rows:
        columns = tuple(name for name in rows[0] if name not in _KEY)
        await tx.execute(upsert(tx.conn, channel_orders, keys=_KEY, update=columns), rows)
    return sum(row["digest"] != getattr(known.get(row["external_id"]), "digest", None) for row in rows)


def _same(before: Found, order: ChannelOrder, seen: Seen) -> bool:
    return bool(before.digest == digest(order) and before.open == seen.open)


def _noted(tx: Transaction, order: ChannelOrder, seen: Seen, before: Found | None, lead: timedelta) -> dict[str, Any]:
    """The order's row; sends the message where it says something new."""
    said = digest(order)
    news = before is None or before.digest != said
    alerted = before is not None and before.alerted and before.ship_by == order.ship_by
    version = (before.version if before else 0) + news
    message = order.model_copy(update={"version": version, "ship_soon": alerted})
    repeat_at = next_repeat(tx.now, 0, heard=False) if news or before is None else before.repeat_at
    over = repeat_at is None and not seen.open
    if news:
        tx.send(message)
    return {
        "shop": order.shop,
        "channel": order.channel.value,
        "external_id": order.external_id,
        "version": version,
        "digest": said,
        "body": None if over else message.encode().decode(),
        "ship_by": order.ship_by,
        "open": seen.open,
        "alert_at": order.ship_by - lead if order.ship_by and seen.open and not alerted else None,
        "alerted": alerted,
        "repeats": 0 if news or before is None else before.repeats,
        "repeat_at": repeat_at,
        "changed_at": tx.now,
    }


async def _names(tx: Transaction, shop: str, channel: str, skus: Sequence[str]) -> dict[str, Ours]:
    """What we call these products of the marketplace, and the tax we know of them."""
    c, s = channel_listings.c, stock.c
    listed = select(c.external_sku, c.sku).where(c.shop == shop, c.channel == channel, among(c.external_sku, skus))
    ours = {sku: sku for sku in skus} | {row.external_sku: row.sku for row in await tx.execute(listed)}
    known = select(s.sku, s.tax_rate).where(s.shop == shop, among(s.sku, list(ours.values())))
    rates = {row.sku: row.tax_rate for row in await tx.execute(known)}
    return {theirs: Ours(sku, None if rates.get(sku) is None else Decimal(rates[sku])) for theirs, sku in ours.items()}


async def hear_of_orders(tx: Transaction, orders: Sequence[Order]) -> None:
    """Orders that exist here need no repeating; of a person who was erased nothing is kept."""
    found = [order for order in orders if order.channel.value in MARKETPLACES and order.external_id]
    if not found:
        return
    links = [{"s": one.shop, "ch": one.channel.value, "ext": one.external_id, "ours": one.id} for one in found]
    await tx.execute(_link, sorted(links, key=lambda link: (link["s"], link["ch"], link["ext"])))
    if erased := [order.id for order in found if order.erased]:
        nothing = {"body": None, "digest": ERASED, "open": False, "repeat_at": None, "alert_at": None}
        await tx.execute(update(channel_orders).where(among(_c.order_id, erased)).values(nothing))


async def anything_due(conn: AsyncConnection, now: datetime) -> bool:
    """Whether something is to be said again, or somebody to be warned."""
    due = select(exists().where(or_(_c.repeat_at <= now, _c.alert_at <= now)))
    return bool((await conn.execute(due)).scalar_one())


async def repeat_orders(tx: Transaction) -> int:
    """Say again what is due to be; how many."""
    due = select(channel_orders).where(_c.repeat_at <= tx.now).order_by(_c.repeat_at).limit(BATCH)
    rows = (await tx.execute(due.with_for_update(skip_locked=True))).all()
    for row in rows:
        if row.body is not None:
            tx.send(ChannelOrder.decode(row.body))
        repeat_at = next_repeat(tx.now, row.repeats + 1, heard=row.order_id is not None)
        over = repeat_at is None and not row.open
        values: dict[str, Any] = {"repeats": row.repeats + 1, "repeat_at": repeat_at}
        await tx.execute(_of(row).values(values | ({"body": None} if over else {})))
    return len(rows)


async def warn_of_deadlines(tx: Transaction) -> int:
    """Say of orders that are still to be shipped that their last moment comes near; how many."""
    near = select(channel_orders).where(_c.alert_at <= tx.now).order_by(_c.alert_at).limit(BATCH)
    rows = (await tx.execute(near.with_for_update(skip_locked=True))).all()
    for row in rows:
        message = ChannelOrder.decode(row.body).model_copy(update={"version": row.version + 1, "ship_soon": True})
        tx.send(message)
        values = {
            "version": message.version,
            "alerted": True,
            "alert_at": None,
            "body": message.encode().decode(),
            "repeats": 0,
            "repeat_at": next_repeat(tx.now, 0, heard=False),
        }
        await tx.execute(_of(row).values(values))
    return len(rows)


def _of(row: Found) -> Any:
    return update(channel_orders).where(
        _c.shop == row.shop, _c.channel == row.channel, _c.external_id == row.external_id
    )
