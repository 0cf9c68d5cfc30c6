"""Amazon's Selling Partner API: parcels are confirmed here.

Neighbours: `orders` (reading them), `stock` (levels), `reporting` (cancelled, paid back) and `feeds`, its vehicle.

The parcel's number is the `packageReferenceId`, so sending the same confirmation again edits that package and is always
safe. Where an earlier attempt may have arrived, the package is read back first (`getOrder` with its packages); so it is
when Amazon says that there is no package left to confirm. What it refuses may be an order that was cancelled there.
"""

from typing import Any
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from services.notifications.channels.web import judge, why
from services.notifications.domain import verbs
from services.notifications.domain.channel_orders import Pulled, Window
from services.notifications.domain.payloads import Cancelling, Level, Levels, Refunding, Shipment
from services.notifications.domain.results import Call, Result, done, rejected, unknown
from services.notifications.marketplaces.amazon import orders, reporting, stock
from services.notifications.marketplaces.amazon.confirming import ConfirmShipment, PackageDetail
from services.notifications.marketplaces.amazon.feeds import JSON, Feeds
from services.notifications.marketplaces.carriers import AMAZON, carrier_code
from services.notifications.marketplaces.sessions import Session, outcome, page
from services.notifications.marketplaces.tokens import Token, Tokens, TokenStore, fetch_token
from services.notifications.settings import AmazonAccount
from shared.database import Clock

__all__ = ["Amazon", "ConfirmShipment", "PackageDetail"]

NO_SELLER = "the account names no seller_id, which all but parcels and reading need"
ALREADY = "PackageToUpdateNotFound"
FOUND = "found at Amazon"
CANCELLED = "the order was cancelled at Amazon: keep the parcel if it has not left"
OVERPAID = "Amazon shows less that the buyer paid for this: pay it back at Amazon (Seller Central), then settle"
EXPLAINED = (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND)
"""Refusals that the order itself may explain better."""

_shipments = TypeAdapter(Shipment)
_levels = TypeAdapter(Level)
_bundles = TypeAdapter(Levels)
_cancellations = TypeAdapter(Cancelling)
_refunds = TypeAdapter(Refunding)


class Amazon:
    """One seller's account."""

    def __init__(
        self, account: AmazonAccount, http: httpx.AsyncClient, store: TokenStore, clock: Clock, *, seconds: float
    ) -> None:
        self._account = account
        self._clock = clock
        self._seconds = seconds
        tokens = Tokens(self._fetch_token, store, clock)
        self._session = Session(http, account.base_url, tokens, self._headers, seconds=seconds)
        self._feeds = Feeds(self._session, account.marketplace_id, clock, seconds=seconds)

    async def send(self, call: Call) -> Result:
        """Do what the call's verb says."""
        match call.verb:
            case verbs.STOCK:
                return await outcome(self._level(_levels.validate_python(call.payload)))
            case verbs.LEVELS:
                return await outcome(self._bundle(call, _bundles.validate_python(call.payload)))
            case verbs.CANCEL:
                return await outcome(self._cancel(call, _cancellations.validate_python(call.payload)))
            case verbs.REFUND:
                return await outcome(self._refund(call, _refunds.validate_python(call.payload)))
        return await self._parcel(call)

    async def pull(self, window: Window) -> Pulled | Result:
        """A page of the seller's orders, or why there is none."""
        asked = orders.question(window, self._account.marketplace_id)
        answer = await page(self._session.call("GET", orders.PATH, params=asked), self._clock)
        return answer if isinstance(answer, Result) else orders.read_page(window.shop, answer)

    async def _level(self, level: Level) -> Result:
        if self._account.seller_id is None:
            return rejected(NO_SELLER)
        path = stock.path(self._account.seller_id, level)
        market = {"marketplaceIds": self._account.marketplace_id}
        response = await self._session.call("PATCH", path, params=market, json=stock.body(level).document())
        return stock.read(response) if response.is_success else judge(response, self._clock(), repeatable=True)

    async def _bundle(self, call: Call, levels: Levels) -> Result:
        if call.reference is not None:
            return await self._feeds.look(call.reference, stock.read_feed)
        if self._account.seller_id is None:
            return rejected(NO_SELLER)
        content = stock.feed(self._account.seller_id, levels).model_dump_json(by_alias=True).encode()
        return await self._feeds.submit(stock.FEED, content, repeatable=True, media=JSON)

    async def _cancel(self, call: Call, cancelling: Cancelling) -> Result:
        if call.reference is not None:
            return await self._feeds.look(call.reference)
        if self._account.seller_id is None:
            return rejected(NO_SELLER)
        found = await self._order(cancelling.order, "FULFILLMENT,CANCELLATION")
        if isinstance(found, Result):
            return found
        if orders.status_of(found) == orders.CANCELLED:
            return done(None, "cancelled at Amazon")
        asked = orders.asked_to_cancel(found.get("orderItems") or ())
        content = reporting.cancellation(self._account.seller_id, cancelling, asked)
        return await self._feeds.submit(reporting.CANCELLATION, content, repeatable=True)

    async def _refund(self, call: Call, refunding: Refunding) -> Result:
        if call.reference is not None:
            return await self._feeds.look(call.reference)
        if call.unsure_since is not None:
            return unknown("no answer came: look for the refund at Amazon, then settle or retry", person=True)
        if self._account.seller_id is None:
            return rejected(NO_SELLER)
        parts = None
        if kind := reporting.besides(refunding):
            found = await self._order(refunding.order, "PROCEEDS")
            if isinstance(found, Result):
                return found
            parts = reporting.given_back(refunding, orders.shares(found.get("orderItems") or (), kind))
            if parts is None:
                return rejected(OVERPAID)
        content = reporting.refund(self._account.seller_id, refunding, parts)
        return await self._feeds.submit(reporting.REFUND, content, repeatable=False)

    async def _order(self, order_id: str, data: str) -> dict[str, Any] | Result:
        path = f"{orders.PATH}/{quote(order_id, safe='')}"
        found = await page(self._session.call("GET", path, params={"includedData": data}), self._clock)
        if isinstance(found, Result):
            return found
        order: dict[str, Any] = found.get("order") or {}
        return order

    async def _parcel(self, call: Call) -> Result:
        """Confirm the parcel, unless a look shows that an earlier attempt did."""
        shipment = _shipments.validate_python(call.payload)
        try:
            body = self._body(shipment)
        except ValidationError as error:
            return rejected(why(error))
        return await outcome(self._confirm(shipment, body, unsure=call.unsure_since is not None))

    async def close(self) -> None:
        await self._session.http.aclose()

    def _body(self, shipment: Shipment) -> ConfirmShipment:
        carrier = (shipment.carrier or "").strip()
        detail = {
            "package_reference_id": str(shipment.number),
            "carrier_code": carrier_code(carrier, self._account.carriers, AMAZON),
            "carrier_name": carrier or None,
            "tracking_number": (shipment.tracking_number or "").strip(),
            "ship_date": min(shipment.shipped_at, self._clock()),
            "order_items": [{"order_item_id": item.item, "quantity": item.quantity} for item in shipment.items],
        }
        return ConfirmShipment.model_validate(
            {"marketplace_id": self._account.marketplace_id, "package_detail": detail}
        )

    async def _confirm(self, shipment: Shipment, body: ConfirmShipment, *, unsure: bool) -> Result:
        if unsure:
            order = await self._order(shipment.order, "PACKAGES")
            if not isinstance(order, Result) and _lists(order, shipment, body.package_detail):
                return done(str(shipment.number), FOUND)
        path = f"/orders/v0/orders/{quote(shipment.order, safe='')}/shipmentConfirmation"
        response = await self._session.call("POST", path, json=body.document())
        if response.is_success:
            return done(response.headers.get("x-amzn-requestid") or str(shipment.number))
        verdict = None
        if response.status_code in EXPLAINED:
            verdict = await self._explanation(shipment, taken=ALREADY in response.text)
        return verdict or judge(response, self._clock(), repeatable=True)

    async def _explanation(self, shipment: Shipment, *, taken: bool) -> Result | None:
        """What the order says of a refusal: that the parcel is there, or that the order is cancelled; None: nothing.

        `taken`: Amazon has no package left to confirm, so that nothing is decided before a look.
        """
        order = await self._order(shipment.order, "PACKAGES,FULFILLMENT")
        if isinstance(order, Result):
            return order if taken else None
        if taken and _lists(order, shipment):
            return done(str(shipment.number), FOUND)
        return rejected(CANCELLED) if orders.status_of(order) == orders.CANCELLED else None

    def _headers(self, token: str) -> dict[str, str]:
        return {"x-amz-access-token": token, "x-amz-date": f"{self._clock():%Y%m%dT%H%M%SZ}"}

    async def _fetch_token(self) -> Token:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._account.refresh_token.get_secret_value(),
            "client_id": self._account.client_id,
            "client_secret": self._account.client_secret.get_secret_value(),
        }
        return await fetch_token(self._session.http, self._account.token_url, form, self._clock, seconds=self._seconds)


def _lists(order: dict[str, Any], shipment: Shipment, told: PackageDetail | None = None) -> bool:
    """Whether the order has the parcel, with this tracking number, and the carrier that is `told`, by either name."""
    wanted = (str(shipment.number), (shipment.tracking_number or "").strip())
    for one in order.get("packages") or ():
        if (one.get("packageReferenceId"), one.get("trackingNumber")) == wanted:
            shown = str(one.get("carrier") or "").lower()
            return told is None or shown in ("", told.carrier_code.lower(), (told.carrier_name or "").lower())
    return False
