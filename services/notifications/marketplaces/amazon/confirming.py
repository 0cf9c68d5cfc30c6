"""What `confirmShipment` takes, stricter than Amazon's own file: the rules that it leaves out are models here."""

from typing import Annotated

from pydantic import Field, model_validator

from services.notifications.marketplaces.carriers import OTHER
from services.notifications.marketplaces.sessions import Body, Moment

Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]


class OrderItem(Body):
    order_item_id: Text
    quantity: Annotated[int, Field(ge=1, strict=True)]
    transparency_codes: tuple[Text, ...] | None = None


class PackageDetail(Body):
    """A parcel, with the rules that Amazon's file leaves out."""

    package_reference_id: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$", strict=True)]
    carrier_code: Text
    carrier_name: Text | None = None
    shipping_method: Text | None = None
    tracking_number: Text
    ship_date: Moment
    ship_from_supply_source_id: Text | None = None
    order_items: Annotated[tuple[OrderItem, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rules(self) -> "PackageDetail":
        if self.carrier_code == OTHER and not self.carrier_name:
            raise ValueError("the carrier Other needs a carrierName")
        ids = [item.order_item_id for item in self.order_items]
        if len(set(ids)) < len(ids):
            raise ValueError("an item stands twice in the parcel")
        return self


class ConfirmShipment(Body):
    """The body of `POST /orders/v0/orders/{orderId}/shipmentConfirmation`."""

    marketplace_id: Text
    package_detail: PackageDetail
