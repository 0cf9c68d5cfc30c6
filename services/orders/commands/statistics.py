"""Keeping the statistics: orders that changed are counted again, and the projection moves by the difference.

A change of an order costs nothing here: its revision rises, and by that alone (an index holds just the orders whose
`counted` is another) the job finds it. What an order added stands in `counted_orders`, so that counting it twice, late
or after many changes comes to the same. One process counts at a time. A shop that moves to another zone, or a change of
`RULES`, has all its orders counted anew, page by page.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from services.orders.domain.statistics import RULES, Amounts, Contribution, Key, difference
from services.orders.queries.records import OrderRecord, lock_orders
from services.orders.queries.statistics import as_rows, contributions_of, find_counted
from services.orders.tables import counted_orders, counted_shops, orders, shops, turnover
from shared.contracts import Shop
from shared.database import upsert
from shared.outbox import Transaction

_uncounted = select(orders.c.id).where(orders.c.counted != orders.c.revision).order_by(orders.c.id)
_set_counted = update(orders).where(orders.c.id == bindparam("the_id")).values(counted=bindparam("the_revision"))
_KEYS = ("shop", "dimension", "day", "value", "currency")


async def count_orders(tx: Transaction, limit: int) -> int:
    """Count up to so many orders; how many there were."""
    zones, recounts = await _shops(tx)
    ids = set((await tx.execute(_uncounted.limit(limit))).scalars())
    for shop, cursor in recounts.items():
        ids.update(await _recounted(tx, shop, cursor, limit))
    records = await lock_orders(tx.conn, ids)
    if records:
        await _count(tx, records, zones)
    return len(records)


async def _shops(tx: Transaction) -> tuple[dict[str, str], dict[str, str]]:
    """The zones of all shops, and where the recounts stand; the rows stay locked, so that one process counts."""
    told = [Shop.decode(body) for body in (await tx.execute(select(shops.c.body))).scalars()]
    zones = {shop.shop: shop.timezone for shop in told}
    if zones:
        fresh = [{"shop": shop, "zone": zone, "rules": RULES} for shop, zone in sorted(zones.items())]
        await tx.execute(upsert(tx.conn, counted_shops, keys=["shop"]), fresh)
    recounts: dict[str, str] = {}
    rows = await tx.execute(select(counted_shops).order_by(counted_shops.c.shop).with_for_update())
    for row in rows.all():
        zone = zones.get(row.shop, row.zone)
        if (row.zone, row.rules) != (zone, RULES):
            await _note(tx, row.shop, zone=zone, rules=RULES, cursor="")
            recounts[row.shop] = ""
        elif row.cursor is not None:
            recounts[row.shop] = row.cursor
    return zones, recounts


async def _recounted(tx: Transaction, shop: str, cursor: str, limit: int) -> list[str]:
    """The next page of a recount; behind the last one it is over."""
    statement = (
        select(orders.c.id).where(orders.c.shop == shop, orders.c.id > cursor).order_by(orders.c.id).limit(limit)
    )
    ids = list((await tx.execute(statement)).scalars())
    await _note(tx, shop, cursor=ids[-1] if len(ids) == limit else None)
    return ids


async def _note(tx: Transaction, shop: str, **values: Any) -> None:
    await tx.execute(update(counted_shops).where(counted_shops.c.shop == shop).values(values))


async def _count(tx: Transaction, records: Sequence[OrderRecord], zones: dict[str, str]) -> None:
    now = await contributions_of(tx.conn, records, zones)
    before = await find_counted(tx.conn, [record.id for record in records])
    moves: dict[tuple[str, Key], Amounts] = {}
    for record in records:
        for key, amounts in difference(now[record.id], before.get(record.id, {})).items():
            moves[record.shop, key] = moves.get((record.shop, key), Amounts()).plus(amounts)
    await _move(tx, moves)
    changed = [record for record in records if now[record.id] != before.get(record.id, {})]
    await _keep(tx, {record.id: now[record.id] for record in changed})
    await tx.execute(_set_counted, [{"the_id": record.id, "the_revision": record.revision} for record in records])


async def _move(tx: Transaction, moves: dict[tuple[str, Key], Amounts]) -> None:
    rows = [
        {"shop": shop, **key._asdict(), **amounts._asdict()}
        for (shop, key), amounts in sorted(moves.items())
        if any(amounts)
    ]
    if rows:
        await tx.execute(upsert(tx.conn, turnover, keys=_KEYS, set_=_added), rows)


def _added(new: Any) -> dict[str, Any]:
    return {name: turnover.c[name] + new[name] for name in Amounts._fields}


async def _keep(tx: Transaction, found: dict[str, Contribution]) -> None:
    rows = [{"order_id": id_, "contribution": as_rows(one)} for id_, one in sorted(found.items())]
    if rows:
        await tx.execute(upsert(tx.conn, counted_orders, keys=["order_id"], update=["contribution"]), rows)
