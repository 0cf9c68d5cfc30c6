"""Payouts as people ask for them: what each came to, which orders it settled, what differs, what is not matched."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain.payouts import LineKind, Sums, add_up
from services.billing.queries.ledgers import ledgers
from services.billing.tables import payout_lines, payouts
from shared.database import among
from shared.money import from_minor


async def list_payouts(
    conn: AsyncConnection, shop: str, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], int]:
    """A shop's payouts, newest first: one more than `limit`, and how many there are."""
    own = payouts.c.shop == shop
    page = select(payouts).where(own).order_by(payouts.c.id.desc()).limit(limit + 1)
    if after is not None:
        page = page.where(payouts.c.id < after)
    rows = (await conn.execute(page)).all()
    total = (await conn.execute(select(func.count()).select_from(payouts).where(own))).scalar_one()
    return [_payout(row) for row in rows], total


async def find_payout(conn: AsyncConnection, shop: str, payout_id: str) -> dict[str, Any] | None:
    """A payout with its sums and, by order, what was expected and what differs."""
    row = (await conn.execute(select(payouts).where(payouts.c.shop == shop, payouts.c.id == payout_id))).one_or_none()
    if row is None:
        return None
    lines = (
        await conn.execute(
            select(payout_lines).where(payout_lines.c.payout_id == payout_id).order_by(payout_lines.c.position)
        )
    ).all()
    sums = add_up((line.kind, line.amount) for line in lines)
    stated = {} if row.amount is None else {"difference": _amount(row.amount - sums.net, row.currency)}
    return (
        _payout(row)
        | stated
        | {
            "totals": _sums(sums, row.currency),
            "orders": await _orders(conn, row, lines),
            "unmatched": [
                _line(line, row.currency) for line in lines if line.order_id is None and line.external_id is not None
            ],
            "lines": [_line(line, row.currency) for line in lines],
        }
    )


async def list_unmatched(
    conn: AsyncConnection, shop: str, limit: int, after: tuple[str, int] | None
) -> tuple[list[dict[str, Any]], list[tuple[str, int]], int]:
    """Lines of orders that nobody has heard of, oldest first; their keys, and how many there are."""
    open_ = (payout_lines.c.shop == shop) & payout_lines.c.order_id.is_(None) & payout_lines.c.external_id.is_not(None)
    page = (
        select(payout_lines, payouts.c.currency, payouts.c.reference)
        .join(payouts, payouts.c.id == payout_lines.c.payout_id)
        .where(open_)
        .order_by(payout_lines.c.payout_id, payout_lines.c.position)
        .limit(limit + 1)
    )
    if after is not None:
        later = (payout_lines.c.payout_id > after[0]) | (
            (payout_lines.c.payout_id == after[0]) & (payout_lines.c.position > after[1])
        )
        page = page.where(later)
    rows = (await conn.execute(page)).all()
    total = (await conn.execute(select(func.count()).select_from(payout_lines).where(open_))).scalar_one()
    items = [
        _line(row, row.currency) | {"payout": row.payout_id, "source": row.source, "reference": row.reference}
        for row in rows
    ]
    return items, [(row.payout_id, row.position) for row in rows], total


async def _orders(conn: AsyncConnection, payout: Row[Any], lines: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """What this payout says of each order against what the order comes to, its earlier payouts taken off."""
    by_order: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for line in lines:
        if line.order_id is not None:
            by_order[line.order_id].append(line)
    held, earlier = await ledgers(conn, sorted(by_order)), await _sold_earlier(conn, payout, sorted(by_order))
    found = []
    for order_id, own in by_order.items():
        order, sums = held[order_id].order, add_up((line.kind, line.amount) for line in own)
        expected = order.totals.gross - earlier.get(order_id, 0) if sums.sales else 0
        found.append(
            {
                "order": order.code,
                "external_id": own[0].external_id,
                "expected": _amount(expected, order.currency),
                "difference": _amount(sums.sales - expected, payout.currency)
                if order.currency == payout.currency
                else None,
                "problem": None if order.currency == payout.currency else f"the order is in {order.currency}",
                **_sums(sums, payout.currency),
            }
        )
    return found


async def _sold_earlier(conn: AsyncConnection, payout: Row[Any], orders: Sequence[str]) -> dict[str, int]:
    """What earlier payouts in the same currency paid for the orders' sales."""
    statement = (
        select(payout_lines.c.order_id, func.sum(payout_lines.c.amount).label("amount"))
        .join(payouts, payouts.c.id == payout_lines.c.payout_id)
        .where(among(payout_lines.c.order_id, orders), payout_lines.c.kind == str(LineKind.SALE))
        .where(payouts.c.id < payout.id, payouts.c.currency == payout.currency)
        .group_by(payout_lines.c.order_id)
    )
    return {row.order_id: int(row.amount) for row in await conn.execute(statement)}


def _payout(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "reference": row.reference,
        "currency": row.currency,
        "amount": None if row.amount is None else _amount(row.amount, row.currency),
        "paid_on": row.paid_on.isoformat() if row.paid_on else None,
        "actor": row.actor,
        "at": row.recorded_at.isoformat(),
    }


def _line(row: Row[Any], currency: str) -> dict[str, Any]:
    return {
        "position": row.position,
        "external_id": row.external_id,
        "kind": row.kind,
        "amount": _amount(row.amount, currency),
        "text": row.text,
        "order_id": row.order_id,
    }


def _sums(sums: Sums, currency: str) -> dict[str, str]:
    return {
        "sales": _amount(sums.sales, currency),
        "refunds": _amount(sums.refunds, currency),
        "fees": _amount(sums.fees, currency),
        "other": _amount(sums.other, currency),
        "net": _amount(sums.net, currency),
    }


def _amount(minor: int, currency: str) -> str:
    return str(from_minor(minor, currency))
