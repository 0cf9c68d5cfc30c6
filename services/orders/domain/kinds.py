"""What the kind of a line changes: whether it is held in stock, and when it can no longer be cancelled.

The order's model is the same for all five kinds. `CANCELLATION` is the hook: a rule per kind, asked before an order
goes to `cancelled`; a kind without a rule can always be cancelled.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

STOCKED = frozenset({"product"})
"""Kinds that inventory holds and ships."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A line as far as a cancellation asks: `out` units are with the client, a booking is for a moment."""

    line: int
    kind: str
    out: int
    booked_for: datetime | None = None


CancellationRule = Callable[[Sold, datetime], str | None]
"""Why the line cannot be cancelled at that moment; None where it can."""


def _digital(sold: Sold, _now: datetime) -> str | None:
    return f"Line {sold.line} is digital and was delivered." if sold.out else None


def _booking(sold: Sold, now: datetime) -> str | None:
    if sold.booked_for is None or now < sold.booked_for:
        return None
    return f"Line {sold.line} was booked for {sold.booked_for:%Y-%m-%d %H:%M} UTC, which is over."


CANCELLATION: Mapping[str, CancellationRule] = {"digital": _digital, "booking": _booking}


def uncancellable(lines: Iterable[Sold], now: datetime) -> list[str]:
    """The reasons why an order with these lines cannot be cancelled any more."""
    asked = ((line, CANCELLATION.get(line.kind)) for line in lines)
    return [reason for line, rule in asked if rule is not None and (reason := rule(line, now)) is not None]
