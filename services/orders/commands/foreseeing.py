"""Dry runs of many orders: which of them are here already, and which cannot begin so: with their status, their date.

Nothing is priced or written, so that a file of thousands of orders is looked through quickly. Neighbours: `placing`
(does it; its `preview` is the same of one order, in full), `arriving` (first statuses).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.arriving import check_first, check_moment, first_status
from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import Placed, Refusals, find_known, refusals_of
from shared.problems import Invalid


async def foresee(
    conn: AsyncConnection, shop: str, requests: Sequence[PlaceOrder], now: datetime
) -> list[Placed | Refusals]:
    """For each request whether there is an order with its external id, else whether one can begin so."""
    known = await find_known(conn, shop, requests)
    cannot: dict[tuple[str, bool], Refusals] = {}
    results: list[Placed | Refusals] = []
    for request in requests:
        code = known.get((request.channel, request.external_id))
        word = (request.status, request.imported)
        if code is None and word not in cannot:
            cannot[word] = await _of_status(conn, shop, request)
        if code is None:
            results.append([*cannot[word], *_of_moment(request, now)] or Placed(None, None))
        else:
            results.append(Placed(code, None))
    return results


async def _of_status(conn: AsyncConnection, shop: str, request: PlaceOrder) -> Refusals:
    """What is wrong with the order's status."""
    try:
        check_first((await first_status(conn, shop, request.status, imported=request.imported))[0], request)
    except Invalid as refused:
        return refusals_of(refused)
    return []


def _of_moment(request: PlaceOrder, now: datetime) -> Refusals:
    """What is wrong with when the order was placed."""
    try:
        check_moment(request, now)
    except Invalid as refused:
        return refusals_of(refused)
    return []
