"""A listing's quantity: `patchListingsItem`, which answers 200 to what it will not do, and says so in the body."""

from typing import Annotated, Literal
from urllib.parse import quote

import httpx
from pydantic import Field

from services.notifications.channels.web import document
from services.notifications.domain.payloads import Level
from services.notifications.domain.results import Result, done, rejected
from services.notifications.marketplaces.sessions import Body

INVALID = "INVALID"


class Availability(Body):
    """What the seller's own stock shows; Amazon writes these names with underscores."""

    fulfillment_channel_code: Annotated[Literal["DEFAULT"], Field(alias="fulfillment_channel_code")] = "DEFAULT"
    quantity: Annotated[int, Field(ge=0, strict=True)]


class Patch(Body):
    op: Literal["replace"] = "replace"
    path: Literal["/attributes/fulfillment_availability"] = "/attributes/fulfillment_availability"
    value: tuple[Availability]


class ListingPatch(Body):
    """The body of `PATCH /listings/2021-08-01/items/{sellerId}/{sku}`."""

    product_type: Annotated[str, Field(min_length=1)]
    patches: tuple[Patch]


def path(seller: str, level: Level) -> str:
    """Where the listing stands."""
    return f"/listings/2021-08-01/items/{quote(seller, safe='')}/{quote(level.sku, safe='')}"


def body(level: Level) -> ListingPatch:
    """The patch that sets the listing's quantity."""
    return ListingPatch(
        product_type=level.product_type, patches=(Patch(value=(Availability(quantity=level.quantity),)),)
    )


def read(response: httpx.Response) -> Result:
    """What a 200 means: a submission that was accepted, or one that is invalid."""
    said = document(response)
    if said.get("status") == INVALID:
        issues = (str(issue.get("message")) for issue in said.get("issues") or () if isinstance(issue, dict))
        return rejected(f"INVALID: {'; '.join(issues) or 'no reason given'}")
    return done(said.get("submissionId"), f"{said.get('status', 'accepted')}".lower())
