"""Orders as a marketplace shows them: what of them is news here, how often news is repeated, when a person is warned.

An order is created from what is still to be shipped; one that was shipped or cancelled before it was ever seen is no
business of ours. The message about it is repeated, since nobody asked for it and nobody would miss it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from services.notifications.domain.results import Result
from shared.contracts import ChannelLine, ChannelOrder, LineKind

OVERLAP = timedelta(minutes=5)
"""How far a round goes back behind the start of the one before: marketplaces show changes with a delay."""

EVERY = {"amazon": timedelta(minutes=3), "ebay": timedelta(minutes=2)}
"""The pause between two rounds; Amazon allows one page in 180 s in the long run."""

REPEATS = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 360, 1440))
"""When news is said again; one that brought no order goes on every hour."""
FOR_EVER = timedelta(hours=1)

NOBODY = ".invalid"
"""The end of an address that the marketplace did not tell (RFC 2606), behind its name: no mail leaves for it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An order on a page. `open`: something is still to be shipped."""

    order: ChannelOrder
    open: bool


@dataclass(frozen=True, slots=True)
class Window:
    """What a call asks for: orders changed since then, from this page on."""

    shop: str
    since: datetime
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page of orders; `page` names the next one."""

    orders: tuple[Seen, ...]
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Ours:
    """What we call a product that the marketplace names otherwise."""

    sku: str
    tax_rate: Decimal | None


def nobody(channel: str, external_id: str) -> str:
    """An address for a buyer whose own the marketplace keeps to itself."""
    return f"{external_id}@{channel}{NOBODY}"


def translated(order: ChannelOrder, known: dict[str, Ours]) -> ChannelOrder:
    """The order with our SKUs, and our rates of tax where the marketplace names none."""
    lines = [line if line.kind is LineKind.SERVICE else _goods(line, known) for line in order.lines]
    besides = _principal(line for line in lines if line.kind is not LineKind.SERVICE)
    return order.model_copy(update={"lines": tuple(_service(line, besides) for line in lines)})


def _goods(line: ChannelLine, known: dict[str, Ours]) -> ChannelLine:
    ours = known.get(line.sku, Ours(line.sku, None))
    rate = line.tax_rate or ours.tax_rate
    found = {"sku": ours.sku, "tax_rate": rate or Decimal(0), "tax_rate_known": rate is not None}
    return line.model_copy(update=found)


def _principal(goods: Iterable[ChannelLine]) -> Decimal | None:
    """The rate that most of the goods' price bears; of two that bear as much, the higher. None: no rate is known."""
    weights: dict[Decimal, Decimal] = {}
    for line in goods:
        if line.tax_rate_known:
            weights[line.tax_rate] = weights.get(line.tax_rate, Decimal(0)) + line.unit_price * line.quantity
    return max(weights, key=lambda rate: (weights[rate], rate), default=None)


def _service(line: ChannelLine, rate: Decimal | None) -> ChannelLine:
    """Delivery, or wrapping, bears the tax of what is delivered or wrapped."""
    if line.kind is not LineKind.SERVICE or line.tax_rate:
        return line
    return line.model_copy(update={"tax_rate": rate or Decimal(0), "tax_rate_known": rate is not None})


def digest(order: ChannelOrder) -> str:
    """The same for two readings that say the same, whatever their version."""
    return hashlib.sha256(order.model_copy(update={"version": 1}).encode()).hexdigest()


def next_repeat(now: datetime, repeats: int, *, heard: bool) -> datetime | None:
    """When to say it again after this many times; None: never."""
    pause = REPEATS[repeats] if repeats < len(REPEATS) else None
    if heard:
        return None if pause is None else now + pause
    return now + min(pause or FOR_EVER, FOR_EVER)


class Source(Protocol):
    """A marketplace whose orders can be read."""

    async def pull(self, window: Window) -> Pulled | Result:
        """A page of orders, or why there is none; never raises for what the other side does."""
        ...
