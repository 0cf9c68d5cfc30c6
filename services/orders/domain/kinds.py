"""What the kind of a line changes: whether it is held in stock, and when it can no longer be cancelled.

The order's model is the same for all five kinds. `CANCELLATION` is the hook: a rule per kind, asked before an order
is cancelled or deleted, and before units come back by whatever change of status; a kind without a rule can always be
cancelled. Goods can come back and a subscription simply ends; what was performed, delivered as a file or attended
cannot. A manager may do it all the same (`commands.guarding`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

STOCKED = frozenset({"product"})
"""Kinds that inventory holds and ships."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A line as far as a cancellation asks: `out` units are with the client, a booking may be for a moment."""

    line: int
    kind: str
    out: int
    booked_for: datetime | None = None


CancellationRule = Callable[[Sold, datetime], str | None]
"""Why the line cannot be cancelled at that moment; None where it can."""


def _once_out(what: str) -> CancellationRule:
    return lambda sold, _now: what if sold.out else None


def _booking(sold: Sold, now: datetime) -> str | None:
    if sold.booked_for is None:
        return "took place already" if sold.out else None
    return f"was for {sold.booked_for:%Y-%m-%d %H:%M} UTC, which is over" if now >= sold.booked_for else None


CANCELLATION: Mapping[str, CancellationRule] = {
    "service": _once_out("was performed already"),
    "digital": _once_out("was delivered already"),
    "booking": _booking,
}


def odd_booking(kind: str, booked_for: datetime | None) -> str | None:
    """What is wrong with the moment of a line; None where a booking has one and anything else has none."""
    if kind == "booking":
        return "a booking needs the moment that it is for" if booked_for is None else None
    return None if booked_for is None else f"only a booking is for a moment, this is a {kind}"


def uncancellable(lines: Iterable[Sold], now: datetime) -> list[str]:
    """The reasons why an order with these lines cannot be cancelled any more; empty where it can."""
    asked = ((line, CANCELLATION.get(line.kind)) for line in lines)
    return [
        f"Line {line.line} ({line.kind}) {reason}."
        for line, rule in asked
        if rule is not None and (reason := rule(line, now)) is not None
    ]


def unreturnable(back: Sequence[Sold], now: datetime) -> list[str]:
    """The reasons why these lines cannot come back; a service, such as the delivery, goes back with its goods."""
    with_goods = any(line.kind in STOCKED for line in back)
    return uncancellable((line for line in back if not (with_goods and line.kind == "service")), now)
