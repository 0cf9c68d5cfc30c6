"""Projections made anew from the facts, where the proof found that they differ.

Facts are the ledger, what orders ask for, and what left and came back with them: none is ever touched, so a difference
between two facts stays, for a person to look at. Counters, allocations, shelves and answers are projections: they
follow. A SKU that is in order is left as it is, so a repair may be repeated, and run while others work. Neighbours:
`services.inventory.queries.verification` (which finds the SKUs and the orders), `placing` (the same rows, in step).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import bindparam, delete, func, select

from services.inventory.commands.placing import open_places
from services.inventory.commands.posting import COUNTERS, SET_ALLOCATED, mark_orders
from services.inventory.commands.publishing import note_change
from services.inventory.commands.rows import ProductRow, lock_rows, of_keys, write_rows
from services.inventory.domain.book import settle
from services.inventory.domain.places import DEFAULT
from services.inventory.domain.stock import Key, Stock, Tranche
from services.inventory.tables import allocations, balances, demands, movements
from shared.outbox import Transaction

Ledger = dict[Key, dict[str, tuple[int, int]]]
"""Per SKU and location: the sum of the movements, and how many they are."""


async def repair(tx: Transaction, shop: str, skus: Collection[str], orders: Collection[str]) -> bool:
    """Make the projections of these SKUs anew, and have these orders answered; True if any order was marked."""
    rows = await lock_rows(tx, {(shop, sku) for sku in skus})
    marked = set(orders)
    if rows:
        ledger, tranches = await _read_ledger(tx, rows), await _read_tranches(tx, rows)
        for key, row in rows.items():
            before = row.stock
            marked |= await _settle(tx, row, ledger.get(key, {}), tranches.get(key, []))
            note_change(tx, row, before)
        await write_rows(tx, list(rows.values()), COUNTERS)
        await _place(tx, rows, ledger, tranches)
    return await mark_orders(tx, sorted(marked))


async def _settle(
    tx: Transaction, row: ProductRow, ledger: Mapping[str, tuple[int, int]], tranches: Collection[Tranche]
) -> set[str]:
    """Count one SKU again and give its units out; the orders that have more or less now."""
    before = [replace(tranche) for tranche in tranches]
    row.on_hand = sum(units for units, _ in ledger.values())
    row.movements = sum(count for _, count in ledger.values())
    row.spread = row.spread or any(at != DEFAULT for at in ledger)
    row.discrepancy_since = (row.discrepancy_since or tx.now) if row.on_hand < 0 else None
    stock = Stock(row.on_hand, sum(t.quantity for t in tranches), sum(t.allocated for t in tranches))
    settle(stock, tranches)
    row.demand, row.allocated = stock.demand, stock.allocated
    changed = [t for t, was in zip(tranches, before, strict=True) if t != was]
    if changed:
        names = [
            {"b_order": t.order, "b_line": t.line, "b_since": t.since, "b_allocated": t.allocated} for t in changed
        ]
        await tx.execute(SET_ALLOCATED, names)
    return {tranche.order for tranche in changed}


async def _place(
    tx: Transaction, rows: Mapping[Key, ProductRow], ledger: Ledger, tranches: Mapping[Key, list[Tranche]]
) -> None:
    """Put the units of SKUs at several locations on their shelves again, the oldest order first."""
    spread = {key: row for key, row in rows.items() if row.spread}
    if not spread:
        return
    which = [{"b_shop": shop, "b_sku": sku} for shop, sku in spread]
    for table in (allocations, balances):
        here = table.c.shop == bindparam("b_shop"), table.c.sku == bindparam("b_sku")
        await tx.execute(delete(table).where(*here), which)
    places = await open_places(tx, spread)
    for key, placement in places.placements.items():
        for at, (units, _) in ledger.get(key, {}).items():
            placement.shelves[at].on_hand = units
        for tranche in sorted(tranches.get(key, ()), key=lambda tranche: tranche.rank):
            line = (tranche.order, tranche.line)
            placement.resize(line, placement.wanted(line) + tranche.allocated)
        placement.place()
    await places.write()


async def _read_ledger(tx: Transaction, keys: Collection[Key]) -> Ledger:
    place = (movements.c.shop, movements.c.sku, movements.c.location)
    statement = (
        select(*place, func.sum(movements.c.quantity).label("units"), func.count().label("entries"))
        .where(*of_keys(movements.c, keys))
        .group_by(*place)
    )
    found: Ledger = {}
    for row in await tx.execute(statement):
        found.setdefault((row.shop, row.sku), {})[row.location] = (int(row.units), int(row.entries))
    return found


async def _read_tranches(tx: Transaction, keys: Collection[Key]) -> dict[Key, list[Tranche]]:
    found: dict[Key, list[Tranche]] = {}
    for row in await tx.execute(select(demands).where(*of_keys(demands.c, keys))):
        tranche = Tranche(row.order_id, row.line, row.since, row.quantity, row.allocated)
        found.setdefault((row.shop, row.sku), []).append(tranche)
    return found
