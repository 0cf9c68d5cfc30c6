"""Where goods of a line left from and came back to, as far as somebody said so; inventory knows the rest.

Absolute numbers like the line's own (`quantities`), of which they are a part: inventory books what is named at the
location that is named, and the rest where its own rules say.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AtLocation:
    """What ever left from a location, came back to it, and was scrapped there; `location` is its code."""

    location: str
    shipped: int = 0
    restocked: int = 0
    scrapped: int = 0


Locations = tuple[AtLocation, ...]
"""One per location, by code."""


def added(locations: Locations, more: Iterable[AtLocation]) -> Locations:
    """The locations with these units more."""
    found = {at.location: at for at in locations}
    for at in more:
        was = found.get(at.location, AtLocation(at.location))
        found[at.location] = AtLocation(
            at.location, was.shipped + at.shipped, was.restocked + at.restocked, was.scrapped + at.scrapped
        )
    return tuple(at for _, at in sorted(found.items()))
