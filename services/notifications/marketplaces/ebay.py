"""eBay's Fulfillment API: one `createShippingFulfillment` per parcel.

eBay has no idempotency key, but a fulfilment's id is its tracking number: so the order's fulfilments are read first,
and a parcel that is there is done. Tracking numbers are alphanumeric only, and go with a carrier or not at all.
"""

import re
from typing import Annotated, Any
from urllib.parse import quote, unquote

import httpx
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from services.notifications.channels.web import document, judge, why
from services.notifications.domain.payloads import Shipment
from services.notifications.domain.results import Call, Result, done, rejected
from services.notifications.marketplaces.carriers import EBAY, OTHER, carrier_code
from services.notifications.marketplaces.sessions import Body, Moment, Session, outcome
from services.notifications.marketplaces.tokens import Token, Tokens, TokenStore, fetch_token
from services.notifications.settings import EbayAccount
from shared.database import Clock

SCOPE = "https://api.ebay.com/oauth/api_scope/sell.fulfillment"
USE_PUT = 34500
"""eBay's code for a fulfilment that exists already (there is no PUT to use)."""

_shipments = TypeAdapter(Shipment)


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


class Ebay:
    """One seller's account."""

    def __init__(
        self, account: EbayAccount, http: httpx.AsyncClient, store: TokenStore, clock: Clock, *, seconds: float
    ) -> None:
        self._account = account
        self._clock = clock
        self._seconds = seconds
        tokens = Tokens(self._fetch_token, store, clock)
        self._session = Session(http, account.base_url, tokens, _headers, seconds=seconds)

    async def send(self, call: Call) -> Result:
        """Create the fulfilment, unless a look shows that it exists."""
        shipment = _shipments.validate_python(call.payload)
        try:
            body = self._body(shipment)
        except ValidationError as error:
            return rejected(why(error))
        return await outcome(self._create(shipment, body, unsure=call.unsure_since is not None))

    async def close(self) -> None:
        await self._session.http.aclose()

    def _body(self, shipment: Shipment) -> Fulfillment:
        tracking = re.sub(r"[^0-9A-Za-z]", "", shipment.tracking_number or "") or None
        carrier = carrier_code(shipment.carrier or OTHER, self._account.carriers, EBAY) if tracking else None
        return Fulfillment.model_validate(
            {
                "line_items": [{"line_item_id": item.item, "quantity": item.quantity} for item in shipment.items],
                "shipped_date": min(shipment.shipped_at, self._clock()),
                "shipping_carrier_code": carrier,
                "tracking_number": tracking,
            }
        )

    async def _create(self, shipment: Shipment, body: Fulfillment, *, unsure: bool) -> Result:
        path = f"/order/{quote(shipment.order, safe='')}/shipping_fulfillment"
        if body.tracking_number or unsure:  # parcels without a number look alike: those are looked for only in doubt
            verdict = await self._find(path, body)
            if verdict is not None:
                return verdict
        response = await self._session.call("POST", path, json=body.document())
        if response.is_success:
            return done(_last_part(response.headers.get("location", "")) or body.tracking_number)
        if response.status_code == httpx.codes.CONFLICT or USE_PUT in _codes(response):
            verdict = await self._find(path, body)
            if verdict is not None:
                return verdict
        return judge(response, self._clock(), repeatable=body.tracking_number is not None)

    async def _find(self, path: str, body: Fulfillment) -> Result | None:
        """Done where eBay has this fulfilment, None where it has not, else why it could not say."""
        response = await self._session.call("GET", path)
        if not response.is_success:
            return judge(response, self._clock(), repeatable=True)
        for known in document(response).get("fulfillments") or ():
            if _same(known, body):
                return done(known.get("fulfillmentId"), "found at eBay")
        return None

    async def _fetch_token(self) -> Token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._account.refresh_token.get_secret_value(),
            "scope": SCOPE,
        }
        auth = httpx.BasicAuth(self._account.client_id, self._account.client_secret.get_secret_value())
        url = self._account.token_url
        return await fetch_token(self._session.http, url, form, self._clock, seconds=self._seconds, auth=auth)


def _headers(token: str) -> dict[str, str]:
    # eBay declares Content-Type as a required header, even where there is no body.
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _same(known: dict[str, Any], body: Fulfillment) -> bool:
    """A parcel is known by its tracking number; one without, by what is in it."""
    tracking = str(known.get("shipmentTrackingNumber") or "")
    if body.tracking_number:
        return body.tracking_number.upper() in (tracking.upper(), str(known.get("fulfillmentId", "")).upper())
    items = {(item.get("lineItemId"), item.get("quantity")) for item in known.get("lineItems") or ()}
    return not tracking and items == {(item.line_item_id, item.quantity) for item in body.line_items}


def _codes(response: httpx.Response) -> set[Any]:
    return {error.get("errorId") for error in document(response).get("errors") or () if isinstance(error, dict)}


def _last_part(location: str) -> str:
    return unquote(location.rstrip("/").rsplit("/", 1)[-1])
