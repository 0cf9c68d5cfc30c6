"""What an order message asks of the stock, for a whole batch at once.

`apply_orders` compares the lines of each order with what was applied last and works on the difference alone: a status
change that leaves the quantities as they are touches no stock row. Neighbours: `posting` (locks and writes), `answers`
(what the orders are told), `services.inventory.handlers`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from services.inventory.commands.answers import Applied, Lines, read_lines, reservation_of
from services.inventory.commands.locations import hold_open
from services.inventory.commands.posting import Posting, open_posting
from services.inventory.domain.places import DEFAULT
from services.inventory.domain.stock import NOTHING, Goods, LineState, named_of, tranches_of
from services.inventory.tables import demands, order_lines
from shared.contracts import Line, Order
from shared.database import among, upsert
from shared.observability import span
from shared.outbox import Transaction

Place = tuple[str, str]
"""A shop's id and a location's code."""

ACTOR = "orders"
"""Who moves stock when goods leave or come back with an order."""


class Change(NamedTuple):
    """One line that an order wants otherwise than it is."""

    order: str
    line: int
    before: Applied | None
    after: LineState | None


async def apply_orders(tx: Transaction, orders: Sequence[Order]) -> bool:
    """Bring the stock to what these orders say and answer each; True if other orders were marked for an answer.

    The caller holds the orders' guard rows; the orders are newer than what was applied.
    """
    ids = [order.id for order in orders]
    applied = await read_lines(tx, ids)
    opened = await hold_open(tx, _named_places(orders))
    changes = [change for order in orders for change in _changes(order, applied.get(order.id, {}), opened)]
    marked = False
    if changes:
        marked = await _apply(tx, ids, changes)
        _trace(orders, changes)
        applied = await read_lines(tx, ids)
    for order in orders:
        tx.answer(reservation_of(order.shop, order.id, order.version, applied.get(order.id, {})))
    return marked


async def _apply(tx: Transaction, orders: Sequence[str], changes: Sequence[Change]) -> bool:
    existing = {change.before.state.key for change in changes if change.before}
    keys = existing | {change.after.key for change in changes if change.after}
    returned = {change.after.key for change in changes if change.after and _comes_back(change)}
    away = {change.after.key for change in changes if change.after and _is_elsewhere(change.after)}
    posting = await open_posting(tx, keys, existing=existing, away=away, returned=returned, orders=orders)
    held = any(change.before and change.before.state.waits for change in changes)
    # What a line has got may have moved until its SKU was locked; what it asks for cannot, the order is locked.
    allocated = await _read_allocated(tx, orders) if held else {}
    for order, line, before, after in changes:
        posting.book.change_line(order, line, before.state if before else None, after, allocated.get((order, line), 0))
    await _withdraw(tx, changes)
    marked = await posting.close(ACTOR, answered=orders)
    await _insert_demands(tx, posting)
    return marked


def _comes_back(change: Change) -> bool:
    """Whether goods of the line come back into the stock."""
    restocked = change.before.state.restocked if change.before else 0
    return change.after is not None and change.after.restocked > restocked


def _is_elsewhere(state: LineState) -> bool:
    """Whether goods of the line are booked at another location than the default."""
    return any(named.location != DEFAULT and any(named.booked) for named in state.named)


async def _withdraw(tx: Transaction, changes: Sequence[Change]) -> None:
    """Take the changed lines' demands out (the new ones are inserted when they are settled), and store the lines."""
    emptied = [_b_line(change) for change in changes if change.before and change.before.state.waits]
    if emptied:
        await tx.execute(_delete_demands, emptied)
    gone = [_b_line(change) for change in changes if change.after is None]
    if gone:
        await tx.execute(_delete_lines, gone)
    kept = [
        {
            "order_id": change.order,
            "line": change.line,
            "shop": change.after.key[0],
            "sku": change.after.key[1],
            "shipped": change.after.shipped,
            "restocked": change.after.restocked,
            "scrapped": change.after.scrapped,
            "named": [[at.location, [*at.booked], [*at.refused]] for at in change.after.named] or None,
        }
        for change in changes
        if change.after
    ]
    if kept:
        columns = ("shop", "sku", "shipped", "restocked", "scrapped", "named")
        await tx.execute(upsert(tx.conn, order_lines, keys=["order_id", "line"], update=columns), kept)


async def _insert_demands(tx: Transaction, posting: Posting) -> None:
    rows = [
        {
            "order_id": tranche.order,
            "line": tranche.line,
            "since": tranche.since,
            "shop": shop,
            "sku": sku,
            "quantity": tranche.quantity,
            "allocated": tranche.allocated,
        }
        for (shop, sku), tranches in posting.book.tranches.items()
        for tranche in tranches
    ]
    if rows:
        await tx.execute(demands.insert(), rows)


def _changes(order: Order, applied: Lines, opened: Collection[Place]) -> Iterable[Change]:
    """What the order wants otherwise than it is; a test order wants nothing of the stock."""
    lines = () if order.test else [line for line in order.lines if line.stocked]
    wanted = {line.id: _wanted(order, line, applied.get(line.id), opened) for line in lines}
    for line in sorted({*applied, *wanted}):
        before, after = applied.get(line), wanted.get(line)
        if before is None or before.state != after:
            yield Change(order.id, line, before, after)


def _wanted(order: Order, line: Line, before: Applied | None, opened: Collection[Place]) -> LineState:
    """The state that the order asks of a line, given where its goods were booked before."""
    key = (order.shop, line.sku)
    said: dict[str, Goods] = {}
    for at in line.locations:
        goods = Goods(at.shipped, at.restocked, at.scrapped)
        said[at.location] = said.get(at.location, NOTHING).plus(goods)
    known = before.state.named if before and before.state.key == key else ()
    return LineState(
        key,
        tranches_of(line.hold, ((wait.since, wait.quantity) for wait in line.waits), order.placed_at),
        line.shipped - line.shipped_before,
        line.restocked,
        line.scrapped,
        named_of(said, known, {code for shop, code in opened if shop == order.shop}) if said else (),
    )


def _named_places(orders: Iterable[Order]) -> set[Place]:
    """The locations that the orders name, as (shop, code)."""
    return {(order.shop, at.location) for order in orders for line in order.lines for at in line.locations}


async def _read_allocated(tx: Transaction, orders: Sequence[str]) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for row in await tx.execute(_allocated, {"ids": list(orders)}):
        place = (row.order_id, row.line)
        found[place] = found.get(place, 0) + row.allocated
    return found


def _trace(orders: Sequence[Order], changes: Sequence[Change]) -> None:
    """Each order's reservation as a child of the command that asked for it; the batch itself only links."""
    changed = {change.order for change in changes}
    for order in orders:
        parent = order.entries[-1].traceparent if order.entries and order.id in changed else None
        if parent:
            with span("inventory.reserve", parent=parent, order=order.id, version=order.version):
                pass


def _b_line(change: Change) -> Mapping[str, Any]:
    return {"b_order": change.order, "b_line": change.line}


_allocated = select(demands.c.order_id, demands.c.line, demands.c.allocated).where(among(demands.c.order_id, "ids"))
_delete_demands = delete(demands).where(
    demands.c.order_id == bindparam("b_order"), demands.c.line == bindparam("b_line")
)
_delete_lines = delete(order_lines).where(
    order_lines.c.order_id == bindparam("b_order"), order_lines.c.line == bindparam("b_line")
)
