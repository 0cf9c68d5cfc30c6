"""Brings the obligations of a batch of orders to what the orders ask for: a fixed number of statements for a batch.

Orders that ask for nothing, which are most, cost their share of four reads. Personal data of erased orders goes here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, null, update

from services.notifications.commands.obliging import obligation
from services.notifications.commands.papers import forget_readers, note_readers
from services.notifications.commands.relinking import relink
from services.notifications.commands.say import say_one
from services.notifications.commands.sms_reports import forget_reports
from services.notifications.commands.telling import tell
from services.notifications.domain.effects import Wanted
from services.notifications.domain.wanted import Changes, Written, asks, compare, wanted
from services.notifications.queries import Found, Standing, standings
from services.notifications.tables import attempts, obligations
from shared.contracts import Order, Outcome, Shop
from shared.database import Json, UtcDateTime, among, upsert
from shared.outbox import Transaction
from shared.security import find_shop

_WAITING = (Outcome.DUE, Outcome.RETRY)
_NO_PERSON: dict[str, Any] = {"payload": None, "reason": None, "reference": None}

_due_again = (
    update(obligations)
    .where(obligations.c.id == bindparam("row"))
    .values(
        state=str(Outcome.DUE),
        due_at=bindparam("now", type_=UtcDateTime()),
        since=bindparam("now", type_=UtcDateTime()),
        changed_at=bindparam("now", type_=UtcDateTime()),
        version=bindparam("of"),
        payload=bindparam("contents", type_=Json()),
        attachments=null(),
    )
)
_refresh = (
    update(obligations)
    .where(obligations.c.id == bindparam("row"))
    .values(version=bindparam("of"), payload=bindparam("contents", type_=Json()))
)


class ShopUnknown(Exception):
    """The order's shop has not been heard of yet; the message is parked, and comes again with orders' next sweep."""


@dataclass(slots=True)
class _Writing:
    """The rows of a whole batch."""

    patience: timedelta | None = None
    new: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    refreshed: list[dict[str, Any]] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    waiting: dict[str, Order] = field(default_factory=dict)
    """Mails and SMS that were written before and have not left."""

    @property
    def anything(self) -> bool:
        return bool(self.new or self.again or self.refreshed or self.obsolete or self.erased)


async def converge(tx: Transaction, orders: Sequence[Order], patience: timedelta | None = None) -> bool:
    """Write down what these orders ask for and answer them; whether there is work for a worker.

    The orders' guard rows are locked, and each order is newer than what was applied. `patience` is how long a mail may
    wait for documents; None: it takes none along.
    """
    found = await standings(tx.conn, [order.id for order in orders])
    shops = await _shops(tx, {order.shop for order in orders if asks(order)})
    writing = _Writing(patience)
    for order in orders:
        _plan(tx, order, shops.get(order.shop), found[order.id], writing)
    if writing.anything:
        await _write(tx, writing)
    await relink(tx, writing.waiting)
    told = await tell(tx, orders)
    if patience is not None and await note_readers(tx, orders):
        told = True
    if writing.anything or told:
        found = await standings(tx.conn, [order.id for order in orders])
    for order in orders:
        standing = found[order.id]
        standing.heard = order.version
        standing.blocked.pop(Order.name, None)
        say_one(tx, order.id, order.shop, standing)
    return bool(writing.new or writing.again or told)


async def _shops(tx: Transaction, names: set[str]) -> dict[str, Shop]:
    shops = {}
    for name in sorted(names):
        shop = await find_shop(tx.conn, name)
        if shop is None:
            raise ShopUnknown(name)
        shops[name] = shop
    return shops


def _plan(tx: Transaction, order: Order, shop: Shop | None, standing: Standing, writing: _Writing) -> None:
    if order.erased:
        writing.erased.append(order.id)
    else:
        texts = (row for row in standing.obligations if row.channel in ("mail", "sms") and row.state in _WAITING)
        writing.waiting |= {row.id: order for row in texts}
    wants = wanted(order, shop) if shop is not None else []
    if not wants and not standing.obligations:
        return
    changes: Changes = compare(order, wants, map(_written, standing.obligations))
    writing.new += [_new_row(tx, order, want, writing.patience) for want in changes.new]
    writing.again += [_contents(order, row, want) | {"now": tx.now} for row, want in changes.again]
    writing.refreshed += [_contents(order, row, want) for row, want in changes.refreshed]
    writing.obsolete += changes.obsolete


async def _write(tx: Transaction, writing: _Writing) -> None:
    if writing.new:
        key = ("order_id", "channel", "verb", "subject", "role", "revision")
        await tx.execute(upsert(tx.conn, obligations, keys=key), writing.new)
    if writing.again:
        await tx.execute(_due_again, writing.again)
    if writing.refreshed:
        await tx.execute(_refresh, writing.refreshed)
    if writing.obsolete:
        closed = {"state": str(Outcome.OBSOLETE), "due_at": None, "changed_at": tx.now}
        await tx.execute(update(obligations).where(among(obligations.c.id, writing.obsolete)).values(closed))
    if writing.erased:
        await tx.execute(update(obligations).where(among(obligations.c.order_id, writing.erased)).values(_NO_PERSON))
        silent = update(attempts).where(among(attempts.c.order_id, writing.erased)).values(reason=None, reference=None)
        await tx.execute(silent)
        await forget_readers(tx, writing.erased)
        await forget_reports(tx, writing.erased)


def _written(row: Found) -> Written:
    key = (row.channel, row.verb, row.subject, row.role, row.revision)
    return Written(row.id, key, Outcome(row.state), row.version, row.lease_until is not None)


def _contents(order: Order, row: str, want: Wanted) -> dict[str, Any]:
    return {"row": row, "of": order.version, "contents": want.payload}


def _new_row(tx: Transaction, order: Order, want: Wanted, patience: timedelta | None) -> dict[str, Any]:
    wait = patience if patience is not None and want.channel == "mail" else timedelta()
    return obligation(
        tx,
        order_id=order.id,
        shop=order.shop,
        code=order.code,
        channel=want.channel,
        verb=want.verb,
        subject=want.subject,
        role=want.role,
        revision=want.revision,
        sequence=want.sequence,
        position=want.position,
        asked_at=want.asked_at,
        traceparent=want.traceparent,
        version=order.version,
        payload=want.payload,
        wait=wait,
    )
