"""What a person decides with a change of status: what becomes of the goods, what left in the parcel, and from where.

`quantities` carries it out; `commands.inputs.decisions` reads it from a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.orders.domain.locations import Locations

Quantities = Mapping[int, int]
"""Quantities by line id."""


class StockDecision(StrEnum):
    """The vocabulary of a decision on stock."""

    ALL = "all"
    UNSHIPPED = "unshipped"
    LINES = "lines"
    SCRAP = "scrap"
    """As `all`, and what was shipped comes back unfit."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person who commands a change decided. `stock` is None where nothing was said."""

    stock: StockDecision | None = None
    lines: Quantities = field(default_factory=dict)
    scrapped: Quantities = field(default_factory=dict)
    """Of the units that `lines` say come back."""
    location: str | None = None
    """Where all that was shipped comes back to, with `all` and `scrap`."""
    locations: Mapping[int, Locations] = field(default_factory=dict)
    """By line id, where units that `lines` say come back to."""
    credit: bool = False
    """A deletion's: credit the invoice."""
    reinvoice: bool = False
    """An edit's: credit the live invoice in full and issue the next."""


UNDECIDED = Decision()


@dataclass(frozen=True, slots=True)
class Shipment:
    """What left in one parcel: all that is left where `lines` is None, from wherever where `location` is."""

    lines: Quantities | None = None
    location: str | None = None
