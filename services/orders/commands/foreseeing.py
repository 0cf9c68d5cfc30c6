"""Dry runs of many orders: which of them are here already, and which cannot begin with the status that they name.

Nothing is priced or written, so that a file of thousands of orders is looked through quickly. Neighbours: `placing`
(does it; its `preview` is the same of one order, in full), `arriving` (first statuses).
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.arriving import check_first, first_status
from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import Placed, Refusals, find_known, refusals_of
from shared.problems import Invalid


async def foresee(conn: AsyncConnection, shop: str, requests: Sequence[PlaceOrder]) -> list[Placed | Refusals]:
    """For each request whether there is an order with its external id, else whether one can begin with its status."""
    known = await find_known(conn, shop, requests)
    cannot: dict[tuple[str, bool], Refusals] = {}
    results: list[Placed | Refusals] = []
    for request in requests:
        code = known.get((request.channel, request.external_id))
        word = (request.status, request.imported)
        if code is None and word not in cannot:
            cannot[word] = await _refusals(conn, shop, request)
        results.append(Placed(code, None) if code is not None else cannot[word] or Placed(None, None))
    return results


async def _refusals(conn: AsyncConnection, shop: str, request: PlaceOrder) -> Refusals:
    """What is wrong with the order's status."""
    try:
        check_first((await first_status(conn, shop, request.status, imported=request.imported))[0], request)
    except Invalid as refused:
        return refusals_of(refused)
    return []
