"""What `createShippingFulfillment` takes: eBay's own file requires nothing at all, so its rules are models here."""

from typing import Annotated

from pydantic import Field, model_validator

from services.notifications.marketplaces.sessions import Body, Moment


class LineItem(Body):
    line_item_id: Annotated[str, Field(min_length=1, max_length=100)]
    quantity: Annotated[int, Field(ge=1, strict=True)]


class Fulfillment(Body):
    """The body of `POST …/order/{orderId}/shipping_fulfillment`; eBay's own file requires nothing at all."""

    line_items: Annotated[tuple[LineItem, ...], Field(min_length=1)]
    shipped_date: Moment
    shipping_carrier_code: Annotated[str, Field(min_length=1)] | None = None
    tracking_number: Annotated[str, Field(pattern=r"^[0-9A-Za-z]+$")] | None = None

    @model_validator(mode="after")
    def _rules(self) -> "Fulfillment":
        if (self.tracking_number is None) != (self.shipping_carrier_code is None):
            raise ValueError("a tracking number needs a carrier, and a carrier a tracking number")
        ids = [item.line_item_id for item in self.line_items]
        if len(set(ids)) < len(ids):
            raise ValueError("a line item stands twice in the parcel")
        return self
