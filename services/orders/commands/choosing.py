"""What a new or an amended order chooses of the shop's lists, checked; refusals name the field."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from services.orders.commands.inputs.details import PickupInput
from services.orders.domain.checkout import Checkout, ChoiceRefused, pickup_at
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.security import find_shop


@contextmanager
def refused() -> Iterator[None]:
    """A choice that the shop does not offer is a problem that names its field."""
    try:
        yield
    except ChoiceRefused as error:
        raise Invalid(str(error), field=error.field) from None


async def chosen_pickup(
    tx: Transaction, shop: str, offered: Checkout, wanted: PickupInput | None
) -> dict[str, Any] | None:
    """The pick-up point as the order keeps it; None where the order is delivered."""
    if wanted is None:
        return None
    with refused():
        return pickup_at(offered, wanted.point, wanted.date, await _today(tx, shop))


async def _today(tx: Transaction, shop: str) -> date:
    """The day in the shop's zone."""
    known = await find_shop(tx.conn, shop)
    return tx.now.astimezone(UTC if known is None else ZoneInfo(known.timezone)).date()
