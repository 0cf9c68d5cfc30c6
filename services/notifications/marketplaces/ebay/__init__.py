"""eBay's APIs for sellers: parcels are fulfilled here; `orders`, `stock`, `refunds`, `cancelling` are neighbours.

eBay has no idempotency key, but a fulfilment's id is its tracking number: so the order's fulfilments are read first,
and a parcel that is there is done; with another carrier it is a person's, for eBay corrects none by call.
Tracking numbers are alphanumeric only, and go with a carrier or not at all.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote

import httpx
from pydantic import TypeAdapter, ValidationError

from services.notifications.channels.web import document, judge, why
from services.notifications.domain import verbs
from services.notifications.domain.channel_orders import Pulled, Window
from services.notifications.domain.payloads import Cancelling, Level, Refunding, Shipment
from services.notifications.domain.results import Call, Result, done, rejected
from services.notifications.marketplaces.carriers import EBAY, OTHER, carrier_code
from services.notifications.marketplaces.ebay import cancelling as cancellations
from services.notifications.marketplaces.ebay import orders, refunds, stock
from services.notifications.marketplaces.ebay.fulfilling import Fulfillment
from services.notifications.marketplaces.ebay.signing import BadKey, Signer, load_key
from services.notifications.marketplaces.sessions import Session, outcome, page
from services.notifications.marketplaces.tokens import Token, Tokens, TokenStore, fetch_token
from services.notifications.settings import EbayAccount
from shared.database import Clock

UNSIGNED = "this needs the account's signature_key and private_key; or do it at eBay (Seller Hub) by hand, then retry"
USE_PUT = 34500
"""eBay's code for a fulfilment that exists already (there is no PUT to use)."""

CANCELLED = "the order was cancelled at eBay: keep the parcel if it has not left"
OTHER_CARRIER = (
    "eBay has this parcel with {}, not {}, and corrects no carrier by call: do it there (Seller Hub), then retry"
)
EXPLAINED = (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND)
"""Refusals that the order itself may explain better."""

_shipments = TypeAdapter(Shipment)
_levels = TypeAdapter(Level)
_refunds = TypeAdapter(Refunding)
_cancellations = TypeAdapter(Cancelling)


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
        self._inventory = Session(http, account.inventory_url, tokens, _headers, seconds=seconds)
        self._after_sales = Session(http, account.post_order_url, tokens, _iaf_headers, seconds=seconds)

    async def send(self, call: Call) -> Result:
        """Do what the call's verb says."""
        match call.verb:
            case verbs.STOCK:
                return await outcome(self._level(_levels.validate_python(call.payload)))
            case verbs.REFUND:
                return await outcome(self._refund(call, _refunds.validate_python(call.payload)))
            case verbs.CANCEL:
                return await outcome(self._cancel(_cancellations.validate_python(call.payload)))
        return await self._parcel(call)

    async def pull(self, window: Window) -> Pulled | Result:
        """A page of the seller's orders, or why there is none."""
        answer = await page(self._session.call("GET", orders.PATH, params=orders.question(window)), self._clock)
        return answer if isinstance(answer, Result) else orders.read_page(window.shop, window, answer)

    async def _level(self, level: Level) -> Result:
        response = await self._inventory.call("POST", stock.PATH, json=stock.body(level).document())
        return stock.read(response) if response.is_success else judge(response, self._clock(), repeatable=True)

    async def _refund(self, call: Call, refund: Refunding) -> Result:
        """Ask for it once; afterwards, and where an answer is missing, look."""
        if call.reference is not None or call.unsure_since is not None:
            order = await self._order(refund.order)
            return order if isinstance(order, Result) else refunds.found(order, refund, call.reference)
        path = f"/order/{quote(refund.order, safe='')}/issue_refund"
        content = refunds.body(refund).model_dump_json(by_alias=True, exclude_none=True).encode()
        signed = self._signed(self._session.url(path), content)
        if isinstance(signed, Result):
            return signed
        response = await self._session.call("POST", path, more=signed, content=content)
        return refunds.read(response) or judge(response, self._clock(), repeatable=False)

    async def _cancel(self, cancelling: Cancelling) -> Result:
        """Ask for it, or approve what the buyer asks, unless a look shows that it is done or under way."""
        order = await self._order(cancelling.order)
        if isinstance(order, Result):
            return order
        known = cancellations.standing(order, self._clock(), timedelta(days=self._account.cancel_days))
        if known is not None:
            return known
        request = cancellations.buyers_request(order)
        path = cancellations.PATH if request is None else f"{cancellations.PATH}/{quote(request, safe='')}/approve"
        body = None if request else cancellations.body(order).model_dump_json(by_alias=True, exclude_none=True)
        content = (body or "").encode()
        signed = self._signed(self._after_sales.url(path), content)
        if isinstance(signed, Result):
            return signed
        more = signed | cancellations.market(order)
        response = await self._after_sales.call("POST", path, more=more, content=content)
        if response.is_success:
            return cancellations.read(response)
        return judge(response, self._clock(), repeatable=True)

    async def _order(self, order_id: str) -> dict[str, Any] | Result:
        return await page(self._session.call("GET", f"/order/{quote(order_id, safe='')}"), self._clock)

    def _signed(self, url: httpx.URL, content: bytes) -> dict[str, str] | Result:
        """The headers that sign a POST, or why nobody can."""
        known, private = self._account.signature_key, self._account.private_key
        if known is None or private is None:
            return rejected(UNSIGNED)
        try:
            signer = Signer(known.get_secret_value(), load_key(private.get_secret_value()))
        except BadKey as error:
            return rejected(str(error))
        return signer.headers("POST", url, content, self._clock())

    async def _parcel(self, call: Call) -> Result:
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
        tracking = re.sub(r"[^0-9A-Za-z]", "", shipment.tracking_number or "").upper() or None
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
        if response.status_code in EXPLAINED and await self._is_cancelled(shipment.order):
            return rejected(CANCELLED)
        return judge(response, self._clock(), repeatable=body.tracking_number is not None)

    async def _is_cancelled(self, order_id: str) -> bool:
        """Whether eBay says so; not where it cannot be asked."""
        order = await self._order(order_id)
        return not isinstance(order, Result) and orders.cancel_state(order) == orders.CANCELLED

    async def _find(self, path: str, body: Fulfillment) -> Result | None:
        """Done where eBay has this fulfilment, None where it has not, else why it could not say."""
        response = await self._session.call("GET", path)
        if not response.is_success:
            return judge(response, self._clock(), repeatable=True)
        for known in document(response).get("fulfillments") or ():
            if _same(known, body):
                if _corrected(known, body):
                    return rejected(OTHER_CARRIER.format(known["shippingCarrierCode"], body.shipping_carrier_code))
                return done(known.get("fulfillmentId"), "found at eBay")
        return None

    async def _fetch_token(self) -> Token:
        """Without a scope: the token then reaches as far as the seller consented."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._account.refresh_token.get_secret_value(),
        }
        auth = httpx.BasicAuth(self._account.client_id, self._account.client_secret.get_secret_value())
        url = self._account.token_url
        return await fetch_token(self._session.http, url, form, self._clock, seconds=self._seconds, auth=auth)


def _headers(token: str) -> dict[str, str]:
    # eBay declares Content-Type as a required header, even where there is no body.
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _iaf_headers(token: str) -> dict[str, str]:
    # The Post-Order API is older than the others, and calls the same token so.
    return {"Authorization": f"IAF {token}", "Content-Type": "application/json"}


def _same(known: dict[str, Any], body: Fulfillment) -> bool:
    """A parcel is known by its tracking number; one without, by what is in it."""
    tracking = str(known.get("shipmentTrackingNumber") or "")
    if body.tracking_number:
        return body.tracking_number.upper() in (tracking.upper(), str(known.get("fulfillmentId", "")).upper())
    items = {(item.get("lineItemId"), item.get("quantity")) for item in known.get("lineItems") or ()}
    return not tracking and items == {(item.line_item_id, item.quantity) for item in body.line_items}


def _corrected(known: dict[str, Any], body: Fulfillment) -> bool:
    """Whether eBay has another carrier than we now name, however it writes that."""
    told, wanted = (_letters(name) for name in (known.get("shippingCarrierCode"), body.shipping_carrier_code))
    return bool(told and wanted) and told != wanted


def _letters(name: str | None) -> str:
    return re.sub(r"[^0-9a-z]", "", (name or "").lower())


def _codes(response: httpx.Response) -> set[Any]:
    return {error.get("errorId") for error in document(response).get("errors") or () if isinstance(error, dict)}


def _last_part(location: str) -> str:
    return unquote(location.rstrip("/").rsplit("/", 1)[-1])
