"""What orders are told of their stock, read back from the tables.

The same words serve a batch of messages, and the job that answers for orders served by somebody else's work. A line
that is short waits in any case; the reason says why the seller did not offer that. Neighbours: `orders` (what is
asked), `posting` (who is served), `services.inventory.jobs`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, select

from services.inventory.commands.posting import WAITING
from services.inventory.commands.rows import of_keys
from services.inventory.domain.stock import Backorder, Goods, LineState, Named, stock_fact
from services.inventory.tables import demands, marks, order_lines, products
from shared.batch import lock_keys
from shared.contracts import Order, Reservation, ReservedLine, StockState
from shared.database import among
from shared.outbox import Transaction

UNKNOWN_SKU = "unknown_sku"
BACKORDER_REFUSED = "backorder_refused"
BACKORDER_LIMIT = "backorder_limit"


@dataclass(slots=True)
class Applied:
    """A line as it stands in the tables: what was applied, what it has got, why it may be short.

    `limit` is how many units of its product may wait, where that is limited.
    """

    state: LineState
    allocated: int
    reason: str | None = None
    limit: int | None = None


Lines = dict[int, Applied]


async def answer_marked(tx: Transaction, limit: int = 200) -> int:
    """Answer for orders that were served, or made short, by work on a SKU; how many marks were dealt with."""
    found = (await tx.execute(select(marks.c.id, marks.c.order_id).order_by(marks.c.id).limit(limit))).all()
    orders = {row.order_id for row in found}
    if not orders:
        return 0
    await lock_keys(tx, Order.name, orders)
    await tx.execute(delete(marks).where(among(marks.c.id, [row.id for row in found])))
    stored = await tx.answers(sorted(orders))
    lines = await read_lines(tx, sorted(orders))
    for order, body in stored.items():
        known = Reservation.decode(body)
        current = reservation_of(known.shop, order, known.heard, lines.get(order, {}))
        tx.answer(current.model_copy(update={"blocked": known.blocked}))
    return len(found)


async def answer_again(tx: Transaction, orders: Sequence[str]) -> None:
    """Send the stored answers of these orders as they are."""
    for body in (await tx.answers(orders)).values():
        tx.send(Reservation.decode(body))


async def answer_blocked(tx: Transaction, order: Order, reason: str) -> None:
    """Say that the newest version of an order could not be applied; what it holds stays as it is."""
    stored = (await tx.answers([order.id])).get(order.id)
    known = Reservation.decode(stored) if stored else reservation_of(order.shop, order.id, 0, {})
    tx.answer(known.model_copy(update={"blocked": reason}))


def reservation_of(shop: str, order: str, heard: int, lines: Lines) -> Reservation:
    """What an order is told of its lines."""
    hold = sum(line.state.hold for line in lines.values())
    allocated = sum(line.allocated for line in lines.values())
    out = sum(line.state.out for line in lines.values())
    return Reservation(
        shop=shop,
        version=1,
        id=order,
        heard=heard,
        stock=StockState(stock_fact(hold, allocated, out)),
        lines=tuple(_reserved_line(number, line) for number, line in sorted(lines.items())),
    )


def _reserved_line(number: int, line: Applied) -> ReservedLine:
    hold = line.state.hold
    reason = line.reason if line.allocated < hold else None
    unknown = line.state.unknown_locations
    return ReservedLine(line=number, hold=hold, allocated=line.allocated, reason=reason, unknown_locations=unknown)


async def read_lines(tx: Transaction, orders: Sequence[str]) -> dict[str, Lines]:
    """The lines of these orders as they now stand."""
    found: dict[str, Lines] = {}
    tranches: list[tuple[Any, int]] = []
    line: tuple[str, int] | None = None
    for row in await tx.execute(_lines, {"ids": list(orders)}):
        if line != (row.order_id, row.line):
            line, tranches = (row.order_id, row.line), []
            goods = (row.shipped, row.restocked, row.scrapped)
            state = LineState((row.shop, row.sku), (), *goods, _named(row.named))
            limit = row.backorder_limit if row.backorder == Backorder.LIMITED else None
            found.setdefault(row.order_id, {})[row.line] = Applied(state, 0, _reason(row), limit)
        if row.since is not None:
            applied = found[row.order_id][row.line]
            tranches.append((row.since, row.quantity))
            applied.state = applied.state._replace(waits=tuple(tranches))
            applied.allocated += row.allocated
    await _look_beyond_limits(tx, found)
    return found


def _named(stored: Sequence[Any] | None) -> tuple[Named, ...]:
    return tuple(Named(at, Goods(*booked), Goods(*refused)) for at, booked, refused in stored or ())


def _reason(row: Any) -> str | None:
    """Why a line of this product may be short; None where waiting is what the seller offers."""
    if row.title is None:
        return UNKNOWN_SKU
    return BACKORDER_REFUSED if row.backorder == Backorder.REFUSED else None


async def _look_beyond_limits(tx: Transaction, found: Mapping[str, Lines]) -> None:
    """Give lines a reason that wait beyond the number of units that their product may have on back order."""
    lines = {
        (order, number): line
        for order, by_number in found.items()
        for number, line in by_number.items()
        if line.limit is not None and line.allocated < line.state.hold
    }
    if not lines:
        return
    behind = func.max(WAITING.c.ahead + WAITING.c.quantity - WAITING.c.allocated).label("behind")
    statement = (
        select(WAITING.c.order_id, WAITING.c.line, behind)
        .where(
            *of_keys(WAITING.c, {line.state.key for line in lines.values()}),
            among(WAITING.c.order_id, sorted({order for order, _ in lines})),
        )
        .group_by(WAITING.c.order_id, WAITING.c.line)
    )
    for row in await tx.execute(statement):
        line = lines.get((row.order_id, row.line))
        if line is not None and line.limit is not None and row.behind > line.limit:
            line.reason = BACKORDER_LIMIT


_of_line = and_(demands.c.order_id == order_lines.c.order_id, demands.c.line == order_lines.c.line)
_of_product = and_(products.c.shop == order_lines.c.shop, products.c.sku == order_lines.c.sku)
_lines = (
    select(
        order_lines,
        demands.c.since,
        demands.c.quantity,
        demands.c.allocated,
        products.c.title,
        products.c.backorder,
        products.c.backorder_limit,
    )
    .select_from(order_lines.outerjoin(demands, _of_line).join(products, _of_product))
    .where(among(order_lines.c.order_id, "ids"))
    .order_by(order_lines.c.order_id, order_lines.c.line, demands.c.since)
)
