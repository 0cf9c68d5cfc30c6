"""What a command says of goods: those in a parcel, and what becomes of stock (`domain.quantities`)."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from services.orders.commands.inputs.fields import GREATEST, Input, Location, Quantity, Short
from services.orders.domain.decisions import Decision, Shipment, StockDecision
from services.orders.domain.locations import AtLocation, Locations, added


class LineQuantity(Input):
    line: Annotated[int, Field(ge=1, strict=True)]
    quantity: Quantity


def _unique(lines: Sequence[LineQuantity]) -> dict[int, int]:
    found = {entry.line: entry.quantity for entry in lines}
    if len(found) < len(lines):
        raise ValueError("a line is named twice")
    return found


class ShipmentInput(Input):
    """A parcel; without `lines` it holds all that is left, without `location` it leaves from where its units are."""

    carrier: Short | None = None
    tracking_number: Short | None = None
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)] | None = None
    location: Location | None = None

    @model_validator(mode="after")
    def _lines_are_unique(self) -> Self:
        _unique(self.lines or ())
        return self

    def quantities(self) -> Shipment:
        """What the parcel holds, for the domain."""
        return Shipment(None if self.lines is None else _unique(self.lines), self.location)


class LineDecision(LineQuantity):
    """What is taken or comes back of a line; `scrapped` of what comes back is unfit, and not to be had again.

    `location` is where it comes back to; without one, where returns are taken.
    """

    scrapped: Annotated[int, Field(ge=0, le=GREATEST, strict=True)] = 0
    location: Location | None = None

    @field_validator("scrapped")
    @classmethod
    def _came_back(cls, scrapped: int, info: ValidationInfo) -> int:
        if scrapped > info.data.get("quantity", scrapped):
            raise ValueError("is more than comes back")
        return scrapped


class DecisionInput(Input):
    """What the person decided; `lines` goes with `stock: lines`, `resend` tells the client the same status again.

    With `stock: scrap` all that was shipped comes back as with `all`, and is scrapped. `location` goes with these two:
    where it comes back to. With `lines`, each entry names its own, and a line may come back to several.
    """

    stock: Literal["all", "unshipped", "lines", "scrap", "none"] | None = None
    lines: tuple[LineDecision, ...] = ()
    location: Location | None = None
    credit: bool = False
    reinvoice: bool = False
    resend: bool = False

    @model_validator(mode="after")
    def _lines_go_with_their_word(self) -> Self:
        if len({(entry.line, entry.location) for entry in self.lines}) < len(self.lines):
            raise ValueError("lines: a line is named twice, with the same location")
        if bool(self.lines) != (self.stock == "lines"):
            raise ValueError("'lines' goes with stock 'lines', and needs it")
        return self

    @model_validator(mode="after")
    def _location_goes_with_what_comes_back_whole(self) -> Self:
        if self.location is not None and self.stock not in ("all", "scrap"):
            raise ValueError("location: goes with stock 'all' or 'scrap'; with 'lines', each of them names its own")
        return self

    def decided(self) -> Decision:
        """The decision, for the domain."""
        lines, scrapped = Counter[int](), Counter[int]()
        locations: dict[int, Locations] = {}
        for entry in self.lines:
            lines[entry.line] += entry.quantity
            scrapped[entry.line] += entry.scrapped
            if entry.location is not None:
                at = AtLocation(entry.location, 0, entry.quantity, entry.scrapped)
                locations[entry.line] = added(locations.get(entry.line, ()), [at])
        return Decision(
            None if self.stock is None else StockDecision(self.stock),
            lines,
            scrapped,
            self.location,
            locations,
            credit=self.credit,
            reinvoice=self.reinvoice,
        )
