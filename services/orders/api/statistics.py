"""Routes on statistics: turnover by period, client, channel, payment method or product; and whether it is true."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.sales import StatisticsVerification, Turnover
from services.orders.api.tools import Orders, Reader
from services.orders.domain.statistics import PRODUCT, Amounts
from services.orders.queries.documents import amount
from services.orders.queries.statistics import count_pending, turnover_by, turnover_by_day, verify, zone_of
from shared.problems import Invalid
from shared.web import json_response

router = APIRouter(prefix="/api/v1/statistics", tags=["statistics"])

PERIODS = {"day": 10, "month": 7, "year": 4}
"""How much of a date tells the period: `2026-06-01`."""


class TurnoverQuery(BaseModel):
    """What turnover is asked by, and of which days of the shop's zone (both included)."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["day", "month", "year", "channel", "client_type", "customer_group", "payment_method", "product"] = "day"
    first: Annotated[date, Field(alias="from")] = date(1970, 1, 1)
    last: Annotated[date, Field(alias="to")] = date(2199, 12, 31)
    limit: Annotated[int, Field(ge=1, le=1000, description="of products, channels …; periods come whole")] = 100


@router.get("/turnover", response_model=Turnover)
async def read_turnover(caller: Reader, tools: Orders, query: Annotated[TurnoverQuery, Query()]) -> Response:
    """Booked, paid and invoiced kept apart; `pending` orders have changed and are counted in a moment."""
    if query.last < query.first:
        raise Invalid("'to' lies before 'from'.", field="to")
    async with tools.db.read() as conn:
        items = await _items(conn, caller.shop, query)
        pending = await count_pending(conn, caller.shop)
        zone = await zone_of(conn, caller.shop)
    return json_response({"by": query.by, "timezone": zone, "pending": pending, "items": items, "next": None})


@router.get("/verify", response_model=StatisticsVerification)
async def read_verification(caller: Reader, tools: Orders) -> Response:
    """Whether the sums are what a computation from scratch comes to; `differences` is empty where they are."""
    async with tools.db.read() as conn:
        found = await verify(conn, caller.shop)
    return json_response({"ok": not found["differences"], **found})


async def _items(conn: AsyncConnection, shop: str, query: TurnoverQuery) -> list[dict[str, Any]]:
    if query.by not in PERIODS:
        found = await turnover_by(conn, shop, query.by, query.first, query.last, query.limit)
        return [_document(value, currency, amounts, query.by) for value, currency, amounts in found]
    days = await turnover_by_day(conn, shop, query.first, query.last)
    periods = _periods(((day.isoformat()[: PERIODS[query.by]], currency, amounts) for day, currency, amounts in days))
    return [_document(*key, amounts, query.by) for key, amounts in periods.items()]


def _periods(days: Iterable[tuple[str, str, Amounts]]) -> dict[tuple[str, str], Amounts]:
    found: dict[tuple[str, str], Amounts] = {}
    for period, currency, amounts in days:
        found[period, currency] = found.get((period, currency), Amounts()).plus(amounts)
    return found


def _document(value: str, currency: str, amounts: Amounts, by: str) -> dict[str, Any]:
    """One row; payments and documents are not told apart by product."""
    of_orders = by != PRODUCT
    basket = Decimal(amounts.gross) / amounts.orders if amounts.orders else Decimal(0)
    return {
        by: value,
        "currency": currency,
        "booked": {
            "orders": amounts.orders,
            "quantity": amounts.quantity,
            **{name: amount(getattr(amounts, name), currency) for name in ("net", "tax", "gross")},
            "average_basket": amount(int(basket.quantize(Decimal(1), ROUND_HALF_UP)), currency) if of_orders else None,
        },
        "paid": amount(amounts.paid, currency) if of_orders else None,
        "invoiced": amount(amounts.invoiced, currency) if of_orders else None,
    }
