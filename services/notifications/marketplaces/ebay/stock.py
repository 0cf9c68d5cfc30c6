"""A listing's quantity and price: `bulkUpdatePriceQuantity` for one SKU, whose answer has a status for each part.

The offer may have a smaller quantity than the inventory item, so both are set where the offer is known; the price is
the offer's alone.
"""

from typing import Annotated

import httpx
from pydantic import Field

from services.notifications.channels.web import document
from services.notifications.domain.payloads import Level
from services.notifications.domain.results import Result, done, down, rejected
from services.notifications.domain.stock_levels import LONGEST_SKU
from services.notifications.marketplaces.sessions import Body

PATH = "/bulk_update_price_quantity"

Units = Annotated[int, Field(ge=0, strict=True)]


class Availability(Body):
    quantity: Units


class Price(Body):
    value: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]{1,3})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Offer(Body):
    offer_id: Annotated[str, Field(min_length=1)]
    available_quantity: Units
    price: Price | None = None


class Item(Body):
    sku: Annotated[str, Field(min_length=1, max_length=LONGEST_SKU["ebay"])]
    ship_to_location_availability: Availability
    offers: tuple[Offer, ...] | None = None


class Quantities(Body):
    """The body of `POST /bulk_update_price_quantity`; one SKU a call."""

    requests: tuple[Item]


def body(level: Level) -> Quantities:
    """The call that sets the listing's quantity, and its price where there is one to tell."""
    price = Price(value=level.price, currency=level.currency) if level.price and level.currency else None
    offers = (Offer(offer_id=level.offer, available_quantity=level.quantity, price=price),) if level.offer else None
    item = Item(sku=level.sku, ship_to_location_availability=Availability(quantity=level.quantity), offers=offers)
    return Quantities(requests=(item,))


def read(response: httpx.Response) -> Result:
    """What 200 and 207 mean: each part of the answer has its own status."""
    parts = [part for part in document(response).get("responses") or () if isinstance(part, dict)]
    wrong = [part for part in parts if int(part.get("statusCode") or httpx.codes.OK) >= httpx.codes.BAD_REQUEST]
    if not wrong:
        return done(parts[0].get("offerId") or parts[0].get("sku") if parts else None)
    errors = [error for part in wrong for error in part.get("errors") or () if isinstance(error, dict)]
    said = "; ".join(f"{error.get('errorId')} {error.get('message')}" for error in errors) or "no reason given"
    if all(int(part["statusCode"]) >= httpx.codes.INTERNAL_SERVER_ERROR for part in wrong):
        return down(said)
    return rejected(said)
