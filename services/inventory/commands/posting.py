"""A posting: the stock rows of one transaction, locked in order, changed in memory, written in a few statements.

Whoever works on stock does it through here, so that lock order, ledger, counters and messages agree by construction:
`open_posting` locks the rows of the SKUs, the caller enters changes into `posting.book`, `close` settles them, writes
everything, and marks the orders of others that were served or made short (their answers are written by a job, under
the orders' own locks). The number of statements does not depend on the number of orders or SKUs.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Subquery, bindparam, func, select

from services.inventory.commands.placing import Places, open_places
from services.inventory.commands.publishing import PUBLISHED, note_change
from services.inventory.commands.rows import ProductRow, lock_rows, make_rows, of_keys, write_rows
from services.inventory.domain.book import Book, Lack
from services.inventory.domain.stock import Backorder, Key, Tranche
from services.inventory.tables import demands, marks, movements
from shared.database import new_id
from shared.outbox import Transaction


@dataclass(slots=True)
class Posting:
    """Locked product rows and the book that works on their counters; `ledger` is what `close` has entered."""

    tx: Transaction
    rows: dict[Key, ProductRow]
    book: Book
    places: Places
    ledger: list[dict[str, Any]] = field(default_factory=list)

    async def close(self, actor: str, answered: Collection[str] = ()) -> bool:
        """Settle and write. Orders in `answered` get their answer from the caller; True if others were marked.

        The tranches of changed lines must be deleted before, and those in `book.tranches` are inserted by the caller.
        """
        lack = self.book.lack()
        self.book.settle(await _load_others(self.tx, lack) if lack else ())
        await self.places.settle(self.book)
        await self._write_served()
        await self._write_movements(actor)
        await self._write_counters()
        await self.places.write()
        limited = {key for key, row in self.rows.items() if row.backorder == Backorder.LIMITED}
        others = {t.order for t in self.book.served} | await waiting_orders(self.tx, limited)
        return await mark_orders(self.tx, others.difference(answered))

    def on_hand(self, key: Key, location: str) -> int:
        """The units of a SKU at a location, with what the book has moved."""
        placement = self.book.placements.get(key)
        return placement.shelves[location].on_hand if placement else self.book.stocks[key].on_hand

    async def _write_served(self) -> None:
        if self.book.served:
            rows = [
                {"b_order": t.order, "b_line": t.line, "b_since": t.since, "b_allocated": t.allocated}
                for t in self.book.served
            ]
            await self.tx.execute(SET_ALLOCATED, rows)

    async def _write_movements(self, actor: str) -> None:
        for movement in self.book.movements:
            row = self.rows[movement.key]
            row.movements += 1
            self.ledger.append(
                {
                    "id": new_id(),
                    "shop": row.shop,
                    "sku": row.sku,
                    "number": row.movements,
                    "quantity": movement.quantity,
                    "on_hand": movement.on_hand,
                    "reason": movement.reason,
                    "order_id": movement.order,
                    "line": movement.line,
                    "actor": actor,
                    "note": movement.note,
                    "at": self.tx.now,
                    "location": movement.location,
                }
            )
        if self.ledger:
            await self.tx.execute(movements.insert(), self.ledger)

    async def _write_counters(self) -> None:
        moved = {movement.key for movement in self.book.movements}
        changed: list[ProductRow] = []
        for key, row in self.rows.items():
            before, after = row.stock, self.book.stocks[key]
            if after == before and key not in moved | self.places.placements.keys():
                continue
            row.on_hand, row.demand, row.allocated = after.on_hand, after.demand, after.allocated
            row.discrepancy_since = (row.discrepancy_since or self.tx.now) if row.on_hand < 0 else None
            note_change(self.tx, row, before)
            changed.append(row)
        await write_rows(self.tx, changed, COUNTERS)


async def open_posting(
    tx: Transaction,
    keys: Collection[Key],
    *,
    existing: Collection[Key] = (),
    away: Collection[Key] = (),
    returned: Collection[Key] = (),
    orders: Collection[str] = (),
) -> Posting:
    """Lock the rows of `keys`, making those that are missing; `existing` are keys that surely have a row.

    `away` are SKUs to be moved elsewhere than at the default location, `returned` those of which goods come back to
    wherever the shop takes returns, `orders` those whose lines will change.
    """
    doubtful = set(keys).difference(existing)
    if doubtful:
        await make_rows(tx, doubtful)
    rows = await lock_rows(tx, keys)
    places = await open_places(tx, rows, away=away, returned=returned)
    await places.learn(orders)
    return _posting(tx, rows, places)


async def posting_on(tx: Transaction, rows: dict[Key, ProductRow], *, away: Collection[Key] = ()) -> Posting:
    """A posting on rows that are locked already; `away` are SKUs to be moved elsewhere than at the default location."""
    return _posting(tx, rows, await open_places(tx, rows, away=away))


def _posting(tx: Transaction, rows: dict[Key, ProductRow], places: Places) -> Posting:
    return Posting(tx, rows, Book({key: row.stock for key, row in rows.items()}, places.placements), places)


async def waiting_orders(tx: Transaction, keys: Collection[Key]) -> set[str]:
    """The orders that wait for these SKUs."""
    if not keys:
        return set()
    statement = select(demands.c.shop, demands.c.sku, demands.c.order_id).where(
        *of_keys(demands.c, keys), demands.c.allocated < demands.c.quantity
    )
    return {row.order_id for row in await tx.execute(statement) if (row.shop, row.sku) in keys}


async def mark_orders(tx: Transaction, orders: Iterable[str]) -> bool:
    """Have the answers of these orders written soon; True if there were any."""
    rows = [{"id": new_id(), "order_id": order} for order in orders]
    if rows:
        await tx.execute(marks.insert(), rows)
    return bool(rows)


async def _load_others(tx: Transaction, lack: Lack) -> list[tuple[Key, Tranche]]:
    found: list[tuple[Key, Tranche]] = []
    if lack.to_give:
        found += await _load(tx, lack.to_give, WAITING)
    if lack.to_take:
        found += await _load(tx, lack.to_take, _HOLDING)
    return found


async def _load(tx: Transaction, wanted: dict[Key, int], ranked: Subquery) -> list[tuple[Key, Tranche]]:
    """The first tranches whose units together reach what is wanted; no more of a long list is read."""
    statement = select(ranked).where(*of_keys(ranked.c, wanted.keys()), ranked.c.ahead < max(wanted.values()))
    return [
        ((row.shop, row.sku), Tranche(row.order_id, row.line, row.since, row.quantity, row.allocated))
        for row in await tx.execute(statement)
        if (row.shop, row.sku) in wanted
    ]


def _ranked(units: ColumnElement[int], which: ColumnElement[bool], rank: Sequence[ColumnElement[Any]]) -> Subquery:
    """Tranches with the number of units that stand before them in their SKU's list."""
    upto = func.sum(units).over(partition_by=(demands.c.shop, demands.c.sku), order_by=rank, rows=(None, 0))
    return select(demands, (upto - units).label("ahead")).where(which).subquery()


_rank = (demands.c.since, demands.c.order_id, demands.c.line)
WAITING = _ranked(demands.c.quantity - demands.c.allocated, demands.c.allocated < demands.c.quantity, _rank)
_HOLDING = _ranked(demands.c.allocated, demands.c.allocated > 0, [column.desc() for column in _rank])

SET_ALLOCATED = (
    demands.update()
    .where(
        demands.c.order_id == bindparam("b_order"),
        demands.c.line == bindparam("b_line"),
        demands.c.since == bindparam("b_since"),
    )
    .values(allocated=bindparam("b_allocated"))
)

COUNTERS = ("on_hand", "demand", "allocated", "discrepancy_since", "movements", "spread", *PUBLISHED)
