"""What a command says of goods: those in a parcel, and what becomes of stock (`domain.quantities`)."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from services.orders.commands.inputs.fields import GREATEST, Input, Quantity, Short
from services.orders.domain.quantities import Decision, Shipment, StockDecision


class LineQuantity(Input):
    line: Annotated[int, Field(ge=1, strict=True)]
    quantity: Quantity


def _unique(lines: Sequence[LineQuantity]) -> dict[int, int]:
    found = {entry.line: entry.quantity for entry in lines}
    if len(found) < len(lines):
        raise ValueError("a line is named twice")
    return found


class ShipmentInput(Input):
    """A parcel; without `lines` it holds all that is left."""

    carrier: Short | None = None
    tracking_number: Short | None = None
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _lines_are_unique(self) -> Self:
        _unique(self.lines or ())
        return self

    def quantities(self) -> Shipment:
        """What the parcel holds, for the domain."""
        return Shipment(None if self.lines is None else _unique(self.lines))


class LineDecision(LineQuantity):
    """What is taken or comes back of a line; `scrapped` of what comes back is unfit, and not to be had again."""

    scrapped: Annotated[int, Field(ge=0, le=GREATEST, strict=True)] = 0

    @field_validator("scrapped")
    @classmethod
    def _came_back(cls, scrapped: int, info: ValidationInfo) -> int:
        if scrapped > info.data.get("quantity", scrapped):
            raise ValueError("is more than comes back")
        return scrapped


class DecisionInput(Input):
    """What the person decided; `lines` goes with `stock: lines`, `resend` tells the client the same status again.

    With `stock: scrap` all that was shipped comes back as with `all`, and is scrapped.
    """

    stock: Literal["all", "unshipped", "lines", "scrap", "none"] | None = None
    lines: tuple[LineDecision, ...] = ()
    credit: bool = False
    reinvoice: bool = False
    resend: bool = False

    @model_validator(mode="after")
    def _lines_go_with_their_word(self) -> Self:
        _unique(self.lines)
        if bool(self.lines) != (self.stock == "lines"):
            raise ValueError("'lines' goes with stock 'lines', and needs it")
        return self

    def decided(self) -> Decision:
        """The decision, for the domain."""
        stock = None if self.stock is None else StockDecision(self.stock)
        scrapped = {entry.line: entry.scrapped for entry in self.lines if entry.scrapped}
        return Decision(stock, _unique(self.lines), scrapped, self.credit, self.reinvoice)
