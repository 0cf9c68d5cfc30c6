"""Imported orders take the status they had: shipped, completed, cancelled, refunded, or still open.

What is over happened elsewhere, so that nothing follows from it here: goods that left were never in our stock (unless
the import says so), what was sold was invoiced there, and a marketplace knows of the cancellation or the refund it
tells us. Nobody is told anything. From then on the order is like any other: it is returned, revived, deleted.
Neighbours: `placing` (the orders), `domain.quantities` (`arrive`), `queries.messages` (what the services are told).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.commands.entries import Actions, chosen_actions, quiet
from services.orders.commands.inputs import PlaceOrder
from services.orders.domain.quantities import Lines, arrive, place
from services.orders.domain.types import TYPES, Phase, StatusType
from services.orders.queries.catalogue import (
    ShopRules,
    StatusRecord,
    UnknownStatus,
    list_statuses,
    status_and_rules,
)
from services.orders.queries.records import OrderRecord
from shared.problems import Invalid

AHEAD = timedelta(days=1)
"""How far the clock of whoever sends a new order may be ahead of ours."""
_BEGINS = (Phase.DRAFT, Phase.OPEN)


async def first_status(
    conn: AsyncConnection, shop: str, word: str, *, imported: bool
) -> tuple[StatusRecord, ShopRules]:
    """The status of a new order, and the shop's rules; of an imported one the word may be a type.

    Raises `UnknownStatus`.
    """
    try:
        return await status_and_rules(conn, shop, word)
    except UnknownStatus:
        known = [status for status in await list_statuses(conn, shop) if status.active and status.type == word]
        if not imported or not known:
            raise
    found = next((status for status in known if status.default_of_type), known[0])
    return await status_and_rules(conn, shop, found.mnemonic)


def check_first(status: StatusRecord, request: PlaceOrder) -> None:
    """Refuse what no order can begin with (`Invalid`)."""
    if status.type is StatusType.PARTIALLY_SHIPPED and request.imported:
        _check_part(status, request)
    if TYPES[status.type].phase not in _BEGINS and not request.imported:
        raise Invalid(f"A new order cannot be {status.mnemonic}.", field="status")


def _check_part(status: StatusRecord, request: PlaceOrder) -> None:
    refused = f"An order cannot be imported as {status.mnemonic}"
    if not any(line.shipped for line in request.lines):
        raise Invalid(f"{refused}: which of its goods have left is not known.", field="status")
    goods = [line for line in request.lines if line.stocked] or request.lines
    if all(line.shipped == line.quantity for line in goods):
        raise Invalid(f"{refused}: all of its goods have left.", field="status")


def check_moment(request: PlaceOrder, now: datetime) -> None:
    """Refuse an order of the future (`Invalid`); an imported one has the date that it had there."""
    if request.placed_at is not None and request.placed_at > now + AHEAD and not request.imported:
        raise Invalid("An order is not placed in the future.", field="placed_at")


def first_quantities(record: OrderRecord, request: PlaceOrder) -> Lines:
    """What the lines of a new order hold, and what of them has left; notes on an imported one what was over by then."""
    if TYPES[record.type].phase in _BEGINS:
        return place(record.quantities, record.type, record.placed_at)
    record.imported_as = record.type
    left = {line.id: said.shipped for line, said in zip(record.lines, request.lines, strict=True)}
    return arrive(record.quantities, record.type, record.placed_at, left=left, from_stock=request.takes_stock)


def first_actions(status: StatusRecord, request: PlaceOrder) -> Actions:
    """What the first entry asks for: of an imported order only what the request says.

    What has left or came back was invoiced elsewhere; an order that was cancelled may be revived, and invoiced then.
    """
    if not request.imported:
        return chosen_actions(status, request.actions)
    actions = chosen_actions(status, quiet(request.actions))
    if TYPES[status.type].phase in _BEGINS or request.actions.invoice is not None:
        return actions
    return replace(actions, invoice=None if status.type is StatusType.CANCELLED else False)
