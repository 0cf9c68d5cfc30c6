"""Payouts recorded and matched with the orders they are for, now or when the order is heard of.

A sale settles the order's payment, a refund its refund: booked by difference to what payouts of the same source already
did, so that a line matched later, or a payout recorded twice, books nothing twice. Fees are kept, and book nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sqlalchemy import Row, func, insert, select, update

from services.billing.commands.book import Movement, book
from services.billing.domain import Kind
from services.billing.domain.payouts import LineKind, Payout
from services.billing.queries.ledgers import ledgers
from services.billing.tables import accounts, payments, payout_lines, payouts
from shared.batch import lock_keys
from shared.contracts import Order
from shared.database import among, new_id, upsert
from shared.outbox import Transaction
from shared.problems import Problem

_SIGNS = {Kind.CAPTURE: 1, Kind.REVERSAL: -1, Kind.REFUND: 1, Kind.RETURN: -1}


class PayoutKnown(Problem):
    """The source's reference was recorded with other contents."""

    slug: ClassVar[str] = "payout-known"
    title: ClassVar[str] = "This payout was recorded already, with other lines"


async def record_payouts(tx: Transaction, shop: str, found: Sequence[Payout], actor: str) -> tuple[list[str], int]:
    """Record them and settle the orders they are for; their ids, and how many documents followed.

    The same payout again is the one that is there. Raises `PayoutKnown` if its lines are others. The orders of all are
    locked at once: two files that name the same orders in other payouts wait for one another, and never crosswise.
    """
    await _lock_named(tx, shop, {line.external_id for payout in found for line in payout.lines if line.external_id})
    recorded = [await _record(tx, shop, payout, actor) for payout in sorted(found, key=lambda one: one.reference)]
    return [id_ for id_, _ in recorded], sum(issued for _, issued in recorded)


async def _record(tx: Transaction, shop: str, payout: Payout, actor: str) -> tuple[str, int]:
    id_ = new_id()
    row = {
        "id": id_,
        "shop": shop,
        "source": payout.source,
        "reference": payout.reference,
        "currency": payout.currency,
        "amount": payout.amount,
        "paid_on": payout.paid_on,
        "actor": actor,
        "recorded_at": tx.now,
    }
    made = await tx.execute(upsert(tx.conn, payouts, keys=("shop", "source", "reference")).values(row))
    if made.rowcount == 0:
        return await _known(tx, shop, payout), 0
    lines = [
        {
            "payout_id": id_,
            "position": position,
            "shop": shop,
            "source": payout.source,
            "external_id": line.external_id,
            "kind": str(line.kind),
            "amount": line.amount,
            "text": line.text,
        }
        for position, line in enumerate(payout.lines, 1)
    ]
    await tx.execute(insert(payout_lines), lines)
    named = {line.external_id for line in payout.lines if line.external_id}
    return id_, await _match(tx, shop, payout.source, named)


async def match_later(tx: Transaction, limit: int) -> tuple[int, int]:
    """Match lines of orders that were heard of since; how many orders, and how many documents followed."""
    known = (accounts.c.shop == payout_lines.c.shop) & (
        (accounts.c.external_id == payout_lines.c.external_id) | (accounts.c.code == payout_lines.c.external_id)
    )
    open_ = payout_lines.c.order_id.is_(None) & payout_lines.c.external_id.is_not(None)
    found = (
        select(payout_lines.c.shop, payout_lines.c.source, payout_lines.c.external_id, accounts.c.order_id)
        .join(accounts, known)
        .where(open_)
        .distinct()
        .limit(limit)
    )
    by_source: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    rows = (await tx.execute(found)).all()
    await lock_keys(tx, Order.name, [row.order_id for row in rows])
    for row in rows:
        by_source[row.shop, row.source].add(row.external_id)
    issued = 0
    for (shop, source), named in sorted(by_source.items()):
        issued += await _match(tx, shop, source, named)
    return len(rows), issued


async def _known(tx: Transaction, shop: str, payout: Payout) -> str:
    own = (payouts.c.shop == shop) & (payouts.c.source == payout.source) & (payouts.c.reference == payout.reference)
    row = (await tx.execute(select(payouts).where(own))).one()
    lines = await tx.execute(
        select(payout_lines).where(payout_lines.c.payout_id == row.id).order_by(payout_lines.c.position)
    )
    there = [(line.kind, line.amount, line.external_id) for line in lines]
    if there != [(str(line.kind), line.amount, line.external_id) for line in payout.lines]:
        raise PayoutKnown(f"Payout {payout.reference!r} of {payout.source} was recorded with other lines.", id=row.id)
    return str(row.id)


async def _match(tx: Transaction, shop: str, source: str, named: Iterable[str]) -> int:
    """Give the unmatched lines their orders, and book what they say; how many documents followed."""
    issued = 0
    for row in await _lock_named(tx, shop, named):
        mine = (payout_lines.c.shop == shop) & (payout_lines.c.source == source) & payout_lines.c.order_id.is_(None)
        ours = among(payout_lines.c.external_id, [name for name in (row.external_id, row.code) if name])
        await tx.execute(update(payout_lines).where(mine, ours).values(order_id=row.order_id))
        issued += await _settle(tx, row.order_id, source)
    return issued


async def _lock_named(tx: Transaction, shop: str, named: Iterable[str]) -> Sequence[Row[Any]]:
    """The orders with these ids, the marketplace's or our codes, locked and in the order of their own ids."""
    names = sorted(named)
    one_of = among(accounts.c.external_id, names) | among(accounts.c.code, names)
    found = select(accounts.c.order_id, accounts.c.external_id, accounts.c.code).where(accounts.c.shop == shop, one_of)
    rows = (await tx.execute(found.order_by(accounts.c.order_id))).all()
    await lock_keys(tx, Order.name, [row.order_id for row in rows])
    return rows


async def _settle(tx: Transaction, order_id: str, source: str) -> int:
    """Book the difference between what payouts say of an order and what was booked for them."""
    currency = (await ledgers(tx.conn, [order_id]))[order_id].order.currency
    said = await _said(tx, order_id, source, currency)
    booked = await _booked(tx, order_id, source)
    issued = 0
    for kind, line, sign in ((Kind.CAPTURE, LineKind.SALE, 1), (Kind.REFUND, LineKind.REFUND, -1)):
        missing = sign * said[line] - booked[kind]
        if kind is Kind.REFUND:
            missing = min(missing, (await ledgers(tx.conn, [order_id]))[order_id].paid.kept)
        if missing > 0:
            movement = Movement(kind, missing, source, expected=True)
            issued += (await book(tx, order_id, movement, f"payout of {source}")).issued
    return issued


async def _said(tx: Transaction, order_id: str, source: str, currency: str) -> defaultdict[str, int]:
    """What payouts in the order's currency say of it, by kind of line."""
    own = (payout_lines.c.order_id == order_id) & (payout_lines.c.source == source)
    statement = (
        select(payout_lines.c.kind, func.sum(payout_lines.c.amount).label("amount"))
        .join(payouts, payouts.c.id == payout_lines.c.payout_id)
        .where(own, payouts.c.currency == currency)
        .group_by(payout_lines.c.kind)
    )
    return defaultdict(int, {row.kind: int(row.amount) for row in await tx.execute(statement)})


async def _booked(tx: Transaction, order_id: str, source: str) -> defaultdict[Any, int]:
    """What was booked by this source, or by hand under its name: captures and refunds, less what was taken back."""
    own = (payments.c.order_id == order_id) & (payments.c.method == source)
    found: defaultdict[Any, int] = defaultdict(int)
    for row in await tx.execute(select(payments.c.kind, payments.c.amount).where(own)):
        kind = Kind(row.kind)
        of = Kind.CAPTURE if kind in (Kind.CAPTURE, Kind.REVERSAL) else Kind.REFUND
        found[of] += _SIGNS[kind] * row.amount
    return found
