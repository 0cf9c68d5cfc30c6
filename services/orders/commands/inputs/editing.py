"""Bodies of edits: lines as they shall be, and parcels that left."""

from typing import Annotated, Any

from pydantic import Field

from services.orders.commands.inputs.decisions import DecisionInput
from services.orders.commands.inputs.details import Coupons
from services.orders.commands.inputs.fields import GREATEST, Comment, Filled, Input, Kind, Moment, Percent, Plain, Short


class LineEdit(Input):
    """A line as it shall be: with `id` the fields given replace, without it a new line (all of `LineInput`).

    The read-only fields of the document may be sent back; they say nothing.
    """

    id: Annotated[int, Field(ge=1, strict=True)] | None = None
    sku: Short | None = None
    name: Filled | None = None
    kind: Kind | None = None
    quantity: Annotated[int, Field(ge=0, le=GREATEST, strict=True)] | None = None
    unit_price: Plain | None = None
    tax_rate: Percent | None = None
    external_id: Short | None = None
    booked_for: Moment | None = None
    net: Any = None
    tax: Any = None
    gross: Any = None
    discount: Any = None
    hold: Any = None
    shipped: Any = None
    restocked: Any = None
    scrapped: Any = None
    allocated: Any = None
    short_reason: Any = None
    locations: Any = None
    unknown_locations: Any = None
    price_list: Any = None


class EditLines(Input):
    """All lines as they shall be; one whose id is absent is removed. `coupons` too, where they are named."""

    lines: Annotated[tuple[LineEdit, ...], Field(min_length=1, max_length=1000)]
    decision: DecisionInput = DecisionInput()
    comment: Comment = ""
    coupons: Coupons | None = None


class CorrectParcel(Input):
    """Carrier and tracking number of a parcel that left, both anew: one that is absent is taken away.

    Where the shop ships nothing without them (`tracking_required`), both are needed.
    """

    carrier: Short | None = None
    tracking_number: Short | None = None
