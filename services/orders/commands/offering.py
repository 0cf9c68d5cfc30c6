"""Orders for more than is on offer, foreseen from what inventory last said of its products.

The last word is inventory's, which settles by its waiting list whatever was taken. Here a checkout is refused what the
seller does not offer (`backorder`), as far as it is known at that moment; an operator or a marketplace is not, since
the sale was made. Used by `placing`, and by its preview, which says beforehand what will be short.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.inputs import PlaceOrder
from services.orders.queries.records import OrderRecord
from services.orders.tables import products
from shared.database import among
from shared.problems import Invalid

REASONS = {"refused": "backorder_refused", "limited": "backorder_limit"}
"""As inventory names them once the order is short."""


class NotOffered(Invalid):
    """A checkout asks for more than the seller offers."""

    slug = "not-offered"
    title = "There is not so much of it on offer"


class Offer(NamedTuple):
    """How many units may be ordered, and what who asks for more is short for."""

    orderable: int
    reason: str


async def offered(conn: AsyncConnection, shop: str, skus: Iterable[str]) -> dict[str, Offer]:
    """The products that are not on back order without end, by SKU."""
    wanted = sorted(set(skus))
    if not wanted:
        return {}
    statement = select(products.c.sku, products.c.orderable, products.c.backorder).where(
        products.c.shop == shop,
        among(products.c.sku, wanted),
        products.c.deleted.is_(False),
        products.c.orderable.is_not(None),
        among(products.c.backorder, sorted(REASONS)),
    )
    return {row.sku: Offer(row.orderable, REASONS[row.backorder]) for row in await conn.execute(statement)}


async def offered_to_checkouts(conn: AsyncConnection, shop: str, requests: Sequence[PlaceOrder]) -> dict[str, Offer]:
    """The same of what these requests ask for that come from a checkout; nothing is looked up for the others."""
    skus = [line.sku for request in requests if is_checkout(request) for line in request.lines if line.stocked]
    return await offered(conn, shop, skus)


def is_checkout(request: PlaceOrder) -> bool:
    """Whether the buyer is still there to be told."""
    return request.channel == "web" and not request.imported


def short_reasons(record: OrderRecord, offers: Mapping[str, Offer]) -> dict[int, str]:
    """The lines of a new order, by id, that hold more than is on offer, and why."""
    return {line: offers[sku].reason for line, sku, _ in _beyond(record, offers)}


def check_offered(record: OrderRecord, offers: Mapping[str, Offer]) -> None:
    """Refuse a new order that holds more than is on offer. Raises `NotOffered`, naming each line."""
    errors = [
        {"field": f"lines.{line - 1}.quantity", "detail": f"Line {line}: {left} of '{sku}' can be ordered."}
        for line, sku, left in _beyond(record, offers)
    ]
    if errors:
        raise NotOffered(errors[0]["detail"], errors=errors)


def _beyond(record: OrderRecord, offers: Mapping[str, Offer]) -> Iterable[tuple[int, str, int]]:
    """Line, SKU, and what is left for it, of the lines that ask for more; one SKU may stand on several."""
    left = {} if record.test else {sku: offer.orderable for sku, offer in offers.items()}
    for line in record.lines:
        hold = line.quantities.hold
        if line.sku in left and hold:
            if hold > left[line.sku]:
                yield line.id, line.sku, left[line.sku]
            left[line.sku] = max(0, left[line.sku] - hold)
