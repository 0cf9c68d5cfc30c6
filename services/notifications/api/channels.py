"""A shop's marketplaces: its accounts at Amazon and eBay, and under which names its products are listed there.

Credentials come in and never go out. Addresses given here must be the vendor's own: a shop's key may not have this
house call whomever it likes; other addresses (a test's, a proxy's) stand in the environment.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.notifications.api import Notifications, Reader, Tools, Writer
from services.notifications.commands.channel_accounts import Sealed, put_account
from services.notifications.commands.stock import put_listings, remove_listing
from services.notifications.queries import Found
from services.notifications.queries.channels import find_account, find_pull, listings
from shared.money import exponent
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound
from shared.web import Page, after_key, json_response, once, page_of
from shared.web.answers import Listed
from shared.web.paging import Limit

MOST = 1_000_000
HOSTS = {"amazon": "amazon.com", "ebay": "ebay.com"}
BATCH = 1000


def _printable(text: str) -> str:
    if not text.isprintable() or text.isspace():
        raise ValueError("must be printable and not blank")
    return text


def _currency(code: str) -> str:
    exponent(code)
    return code


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Marketplace = Literal["amazon", "ebay"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Credentials(_Body):
    """The vendor's credentials of this seller. `signature_key` and `private_key` sign eBay's refunds."""

    client_id: Secret
    client_secret: Secret
    refresh_token: Secret
    signature_key: Secret | None = None
    private_key: Secret | None = None


class ChannelBody(_Body):
    """How the shop deals with a marketplace.

    `credentials` absent: as they are; null: those of the environment. Of its stock the marketplace is shown what is
    free less `buffer`, at most `maximum`; with `send_prices` also public prices with tax, in `currency` or else in each
    product's own. `alert_hours` before the last moment to ship an order has a warning.
    """

    enabled: bool = True
    seller_id: Text | None = None
    marketplace_id: Text | None = None
    base_url: Text | None = None
    inventory_url: Text | None = None
    post_order_url: Text | None = None
    cancel_days: Annotated[int, Field(ge=1, le=365)] | None = None
    token_url: Text | None = None
    carriers: Annotated[dict[Text, Text], Field(max_length=200)] = {}
    pull_orders: bool = True
    send_stock: bool = False
    send_prices: bool = False
    currency: Annotated[str, AfterValidator(_currency)] | None = None
    buffer: Annotated[int, Field(ge=0, le=MOST)] = 0
    maximum: Annotated[int, Field(ge=0, le=MOST)] | None = None
    alert_hours: Annotated[int, Field(ge=1, le=240)] = 12
    credentials: Credentials | None = None


class Channel(_Body):
    """The account, and how the reading of its orders goes."""

    channel: Marketplace
    enabled: bool
    seller_id: str | None
    marketplace_id: str | None
    base_url: str | None
    inventory_url: str | None
    post_order_url: str | None = None
    cancel_days: int | None = None
    token_url: str | None
    carriers: dict[str, str]
    pull_orders: bool
    send_stock: bool
    send_prices: bool = False
    currency: str | None = None
    buffer: int
    maximum: int | None
    alert_hours: int
    has_credentials: bool
    changed_at: datetime
    pulled_at: datetime | None
    trouble: str | None


class Listing(_Body):
    """A product's names at the marketplace; `external_sku` is our own SKU where it is left out."""

    sku: Text
    external_sku: Text | None = None
    product_type: Annotated[Text, StringConstraints(max_length=100)] = "PRODUCT"
    offer_id: Annotated[Text, StringConstraints(max_length=100)] | None = None


class ListingAnswer(BaseModel):
    """The same as it is kept."""

    sku: str
    external_sku: str
    product_type: str
    offer_id: str | None


class PutListings(BaseModel):
    """How many listings were made or replaced."""

    total: int


class Listings(_Body):
    """Up to 1000 listings to make or replace, all or none; others stay."""

    listings: Annotated[tuple[Listing, ...], Field(min_length=1, max_length=BATCH)]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        skus = [item.sku for item in self.listings]
        if len(set(skus)) < len(skus):
            raise ValueError("a SKU stands there more than once")
        return self


router = APIRouter(prefix="/api/v1/notifications/channels", tags=["channels"])


@router.get("/{channel}", response_model=Channel)
async def show_channel(tools: Notifications, caller: Reader, channel: Marketplace) -> Response:
    """The shop's account at this marketplace, without its credentials."""
    async with tools.db.read() as conn:
        row = await find_account(conn, caller.shop, channel)
        if row is None:
            raise NotFound(f"The shop has no account of its own at {channel}.")
        return json_response(_document(row, await find_pull(conn, caller.shop, channel)))


@router.put("/{channel}", response_model=Channel)
async def put_channel(tools: Notifications, caller: Writer, channel: Marketplace, body: ChannelBody) -> Response:
    """Make or change the shop's account: reading orders and sending stock begin and end at once."""
    for name in ("base_url", "inventory_url", "post_order_url", "token_url"):
        _check_address(channel, name, getattr(body, name))
    if body.send_prices and (channel != "ebay" or not body.send_stock):
        raise Invalid("Prices are sent to eBay alone, and with `send_stock`.", field="send_prices")
    credentials = _seal(tools, body)
    account = body.model_dump(exclude={"credentials"})
    async with tools.outbox.transaction() as tx:
        row = await put_account(tx, caller.shop, channel, account, credentials)
        pull = await find_pull(tx.conn, caller.shop, channel)
        tx.after_commit(tools.wake)
        tx.after_commit(tools.pull)
    return json_response(_document(row, pull))


@router.get("/{channel}/listings", responses={200: {"model": Listed[ListingAnswer]}})
async def list_listings(
    tools: Notifications, caller: Reader, channel: Marketplace, limit: Limit = 50, after: str | None = None
) -> Page:
    """The products that are listed there, by SKU."""
    key = after_key(after, 1, kinds=[str])
    async with tools.db.read() as conn:
        rows, total = await listings(conn, caller.shop, channel, limit, key[0] if key else None)
    items = [_listing(row) for row in rows]
    return page_of(items, limit, total, [items[limit - 1]["sku"]] if len(items) > limit else None)


@router.post("/{channel}/listings", response_model=PutListings)
async def post_listings(
    request: Request, tools: Notifications, caller: Writer, channel: Marketplace, body: Listings
) -> Response:
    """Say under which names products are listed; their levels are sent at once where the account sends stock."""

    async def command(tx: Transaction) -> Response:
        rows = [item.model_dump() | {"external_sku": item.external_sku or item.sku} for item in body.listings]
        await put_listings(tx, caller.shop, channel, rows)
        tx.after_commit(tools.wake)
        return json_response({"total": len(rows)})

    return await once(request, tools.outbox, caller, command)


@router.delete("/{channel}/listings/{sku:path}", status_code=204)
async def delete_listing(tools: Notifications, caller: Writer, channel: Marketplace, sku: Text) -> Response:
    """Send no more levels of this product; what the marketplace shows stays as it is."""
    async with tools.outbox.transaction() as tx:
        if not await remove_listing(tx, caller.shop, channel, sku):
            raise NotFound(f"There is no listing of {sku!r}.")
    return Response(status_code=204)


def _check_address(channel: str, field: str, url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or ""), parts.port
    except ValueError as error:
        raise Invalid(f"This is no address: {error}.", field=field) from error
    own = host == HOSTS[channel] or host.endswith(f".{HOSTS[channel]}")
    if parts.scheme != "https" or not own or port not in (None, 443) or parts.username is not None:
        raise Invalid(f"The address must be https and below {HOSTS[channel]}.", field=field)


def _seal(tools: Tools, body: ChannelBody) -> Sealed | None:
    if "credentials" not in body.model_fields_set:
        return None
    if body.credentials is None:
        return Sealed(None)
    return Sealed(tools.seals.get().close(orjson.dumps(body.credentials.model_dump(exclude_none=True)).decode()))


def _document(row: Found, pull: Found | None) -> dict[str, Any]:
    return Channel(
        channel=row.channel,
        has_credentials=row.credentials is not None,
        changed_at=row.changed_at,
        pulled_at=pull.pulled_at if pull else None,
        trouble=pull.reason if pull else None,
        **row.account,
    ).model_dump(mode="json")


def _listing(row: Found) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("sku", "external_sku", "product_type", "offer_id")}
