"""An order cancelled at eBay: the Post-Order API, which the selling APIs leave it to, signed as European sellers must.

A buyer's own request is approved, for a seller's cancellation in its place counts against the seller. An order is
cancelled once however often it is asked, so every attempt looks at it first and goes on from there. eBay ends it when
the buyer has the money back.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import httpx
from pydantic import Field

from services.notifications.channels.web import document
from services.notifications.domain.results import Result, clip, done, rejected
from services.notifications.marketplaces.ebay.orders import ASKED, CANCELLED, cancel_state
from services.notifications.marketplaces.sessions import Body, Moment
from shared.contracts import Outcome

PATH = "/cancellation"
LOOK_AGAIN = 300.0
"""Seconds; the buyer's money is on its way back for minutes, or for days."""
BY_HAND = "or cancel this order at eBay (Seller Hub), then retry: it will be found"
EXISTS = "CANCELLATION_EXIST"
ENDED = frozenset({"COMPLETED", "REJECTED"})

Json = dict[str, Any]


class Paid(Body):
    """Post-Order writes a moment as an object."""

    value: Moment


class CreateCancellation(Body):
    """The body of `POST /cancellation`."""

    legacy_order_id: Annotated[str, Field(min_length=1, max_length=50)]
    cancel_reason: Literal["OUT_OF_STOCK_OR_CANNOT_FULFILL"] = "OUT_OF_STOCK_OR_CANNOT_FULFILL"
    buyer_paid: bool = True
    buyer_paid_date: Paid | None = None


def standing(order: Json, now: datetime, window: timedelta) -> Result | None:
    """What the order says of its cancellation; None where it is ours to ask for, or to approve."""
    state = cancel_state(order)
    if state == CANCELLED:
        return done(None, "cancelled at eBay")
    if state == ASKED and buyers_request(order) is None:
        return _under_way(None)
    if state != ASKED and now - datetime.fromisoformat(order["creationDate"]) > window:
        return rejected(f"eBay lets an order be cancelled for {window.days} days: pay it back instead, {BY_HAND}")
    return None


def buyers_request(order: Json) -> str | None:
    """The id of the buyer's request that waits for the seller; None where there is none."""
    for request in (order.get("cancelStatus") or {}).get("cancelRequests") or ():
        initiator = str(request.get("cancelInitiator") or "").lower()
        if initiator == "buyer" and request.get("cancelRequestState") not in ENDED:
            return str(request["cancelRequestId"])
    return None


def body(order: Json) -> CreateCancellation:
    """What is asked of eBay."""
    payments = (order.get("paymentSummary") or {}).get("payments") or ()
    dates = [payment["paymentDate"] for payment in payments if payment.get("paymentDate")]
    paid = Paid(value=min(dates)) if dates else None
    return CreateCancellation(legacy_order_id=order["orderId"], buyer_paid_date=paid)


def market(order: Json) -> dict[str, str]:
    """The header that names the site of the purchase, where the order does."""
    sites = (item.get("purchaseMarketplaceId") for item in order.get("lineItems") or ())
    site = next(filter(None, sites), None)
    return {} if site is None else {"X-EBAY-C-MARKETPLACE-ID": str(site)}


def read(response: httpx.Response) -> Result:
    """What a success means: taken, or a list of reasons why eBay does not."""
    said = document(response)
    eligibility = said.get("orderEligibilityResult") or {}
    if eligibility.get("eligible") is False and not said.get("cancelId"):
        found = eligibility.get("failureReason") or "no reason given"
        reasons = [str(reason) for reason in (found if isinstance(found, list) else [found])]
        return _under_way(None) if EXISTS in reasons else rejected(f"eBay does not cancel it: {', '.join(reasons)}")
    return _under_way(said.get("cancelId"))


def _under_way(reference: str | None) -> Result:
    return Result(Outcome.UNKNOWN, clip("eBay is cancelling the order"), reference, retry_after=LOOK_AGAIN)
