"""Dry runs of many orders: which of them are here already, and which cannot begin so: with their status, their date.

Nothing is priced or written, so that a file of thousands of orders is looked through quickly. Neighbours: `placing`
(does it; its `preview` is the same of one order, in full), `arriving` (first statuses).
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.arriving import check_first, check_moment, first_status
from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import Placed, Refusals, find_known, refusals_of
from services.orders.queries.catalogue import StatusRecord, UnknownStatus
from shared.problems import Invalid


async def foresee(
    conn: AsyncConnection, shop: str, requests: Sequence[PlaceOrder], now: datetime
) -> list[Placed | Refusals]:
    """For each request whether there is an order with its external id, else whether one can begin so."""
    known = await find_known(conn, shop, requests)
    statuses: dict[tuple[str, bool], StatusRecord | Refusals] = {}
    results: list[Placed | Refusals] = []
    for request in requests:
        code = known.get((request.channel, request.external_id))
        word = (request.status, request.imported)
        if code is None and word not in statuses:
            statuses[word] = await _status(conn, shop, request)
        if code is None:
            results.append(_refusals(statuses[word], request, now) or Placed(None, None))
        else:
            results.append(Placed(code, None))
    return results


async def _status(conn: AsyncConnection, shop: str, request: PlaceOrder) -> StatusRecord | Refusals:
    """The status that the order begins with, or that there is none."""
    try:
        return (await first_status(conn, shop, request.status, imported=request.imported))[0]
    except UnknownStatus as refused:
        return refusals_of(refused)


def _refusals(status: StatusRecord | Refusals, request: PlaceOrder, now: datetime) -> Refusals:
    """What is wrong with the order's status, and with when it was placed."""
    found: Refusals = []
    if isinstance(status, StatusRecord):
        found += _refused(lambda: check_first(status, request))
    else:
        found += status
    return found + _refused(lambda: check_moment(request, now))


def _refused(check: Callable[[], None]) -> Refusals:
    try:
        check()
    except Invalid as refused:
        return refusals_of(refused)
    return []
