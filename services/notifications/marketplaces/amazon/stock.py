"""A listing's quantity: `patchListingsItem`, which answers 200 to what it will not do, and says so in the body.

Many at once are a JSON_LISTINGS_FEED of the same patches, whose report names the messages that were refused.
"""

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import quote

import httpx
import orjson
from pydantic import Field

from services.notifications.channels.web import document
from services.notifications.domain.payloads import Level, Levels
from services.notifications.domain.results import Result, done, rejected
from services.notifications.marketplaces.sessions import Body, named

INVALID = "INVALID"
SUBMISSIONS = frozenset({INVALID, "ACCEPTED", "VALID"})
FEED = "JSON_LISTINGS_FEED"


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


class Message(Body):
    """One listing in a feed."""

    message_id: Annotated[int, Field(ge=1)]
    sku: Annotated[str, Field(min_length=1)]
    operation_type: Literal["PATCH"] = "PATCH"
    product_type: Annotated[str, Field(min_length=1)]
    patches: tuple[Patch]


class Header(Body):
    seller_id: str
    version: Literal["2.0"] = "2.0"
    issue_locale: str = "en_US"


class ListingsFeed(Body):
    """The document of a JSON_LISTINGS_FEED."""

    header: Header
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=25_000)]


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
    if named("amazon", "status", said.get("status"), SUBMISSIONS) == INVALID:
        issues = (str(issue.get("message")) for issue in said.get("issues") or () if isinstance(issue, dict))
        return rejected(f"INVALID: {'; '.join(issues) or 'no reason given'}")
    return done(said.get("submissionId"), f"{said.get('status', 'accepted')}".lower())


def feed(seller: str, levels: Levels) -> ListingsFeed:
    """All levels of a bundle, numbered from 1."""
    messages = (
        Message(message_id=number, sku=part.level.sku, **dict(body(part.level)))
        for number, part in enumerate(levels.parts, 1)
    )
    return ListingsFeed(header=Header(seller_id=seller), messages=tuple(messages))


def read_feed(name: str, content: bytes) -> Result:
    """What the feed's report says: which messages were refused. Warnings are none of our business."""
    try:
        report = orjson.loads(content)
        issues = [issue for issue in report.get("issues") or () if issue.get("severity") == "ERROR"]
        refused = {int(issue["messageId"]): str(issue.get("message")) for issue in issues if "messageId" in issue}
    except (ValueError, TypeError, AttributeError):
        return rejected(f"the report of feed {name} cannot be read")
    if len(refused) < len(issues) and not refused:
        return rejected("; ".join(str(issue.get("message")) for issue in issues))
    return replace(done(name, "processed by Amazon"), refused=refused)
