"""What came in and went back by method: turnover by transaction type, as the money itself tells it."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import Kind
from services.billing.queries.days import midnight
from services.billing.queries.methods import find_methods
from services.billing.tables import payments
from shared.money import from_minor
from shared.security import find_shop


async def takings(conn: AsyncConnection, shop: str, first: date | None, last: date | None) -> list[dict[str, Any]]:
    """By method and currency; both days count, in the shop's zone. `kept` is what came less what went back."""
    told = await find_shop(conn, shop)
    zone = ZoneInfo(told.timezone if told else "UTC")
    conditions = [payments.c.shop == shop]
    if first is not None:
        conditions.append(payments.c.recorded_at >= midnight(first, zone))
    if last is not None and last < date.max:
        conditions.append(payments.c.recorded_at < midnight(last + timedelta(days=1), zone))
    statement = (
        select(payments.c.method, payments.c.currency, payments.c.kind, func.sum(payments.c.amount).label("amount"))
        .where(*conditions)
        .group_by(payments.c.method, payments.c.currency, payments.c.kind)
    )
    sums: defaultdict[tuple[str, str], dict[Kind, int]] = defaultdict(dict)
    for row in await conn.execute(statement):
        sums[row.method, row.currency][Kind(row.kind)] = int(row.amount)
    kinds = {method.id: str(method.kind) for method in await find_methods(conn, shop)}
    return [_taken(method, currency, kinds, moved) for (method, currency), moved in sorted(sums.items())]


def _taken(method: str, currency: str, kinds: dict[str, str], moved: dict[Kind, int]) -> dict[str, Any]:
    captured = moved.get(Kind.CAPTURE, 0) - moved.get(Kind.REVERSAL, 0)
    refunded = moved.get(Kind.REFUND, 0) - moved.get(Kind.RETURN, 0)
    amounts = {"captured": captured, "refunded": refunded, "kept": captured - refunded}
    return {
        "method": method,
        "kind": kinds.get(method),
        "currency": currency,
        **{name: str(from_minor(amount, currency)) for name, amount in amounts.items()},
    }
