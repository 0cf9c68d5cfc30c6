"""Since when each part of a held quantity waits for stock.

The waiting list is served by `(since, order id)`. What an order holds from its placing waits since it was placed; what
is added later (a raised quantity, an un-cancel, goods taken again) waits since then and overtakes nobody. A shipment
takes the oldest part, for that is what was allocated first; a reduction takes the newest, so that nobody who gives up a
part loses the place of the rest.
"""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """A part of a line's held quantity; always positive."""

    since: datetime
    quantity: int


Waits = tuple[Wait, ...]
"""Oldest first."""


def shipped(waits: Waits, quantity: int) -> Waits:
    """What still waits once `quantity` left: the oldest part goes. More may leave than was held."""
    kept: list[Wait] = []
    for wait in waits:
        gone = min(wait.quantity, quantity)
        quantity -= gone
        if wait.quantity > gone:
            kept.append(replace(wait, quantity=wait.quantity - gone))
    return tuple(kept)


def fitted(waits: Waits, hold: int, since: datetime) -> Waits:
    """The parts adding up to `hold`: what is missing waits since `since`, what is too much is taken from the newest."""
    surplus = sum(wait.quantity for wait in waits) - hold
    if surplus == 0:
        return waits
    if surplus < 0:
        return tuple(sorted((*waits, Wait(since, -surplus)), key=lambda wait: wait.since))
    return tuple(reversed(shipped(tuple(reversed(waits)), surplus)))
