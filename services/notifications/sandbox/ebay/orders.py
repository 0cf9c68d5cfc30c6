"""The orders of the eBay-shaped sandbox: bought by whoever asks it to, read by `getOrders`, moved on by fulfilments.

An order nobody bought here is known by its fulfilments alone, so that parcels of any order can be tried.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.notifications.sandbox.buying import Purchase
from shared.database import Clock

SINCE = re.compile(r"lastmodifieddate:\[(?P<since>[^.\]]+(\.\d+)?Z)\.\.[^\]]*\]")

CANCELLED = "CANCELED"

Json = dict[str, Any]


def stamp(moment: datetime) -> str:
    """A moment as eBay writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Orders:
    """What was bought, and what was sent of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._orders: dict[str, Json] = {}
        self._fulfillments: dict[str, list[Json]] = {}

    def buy(self, purchase: Purchase) -> Json:
        """A new order that is paid, to be shipped within two days."""
        number = len(self._orders) + 1
        order = _order(f"12-{10000 + number}-{54321 + number}", purchase, self._clock())
        self._orders[order["orderId"]] = order
        return order

    def change(self, order_id: str, *, cancelled: bool, cancel_requested: bool) -> Json | None:
        """The buyer asks to cancel, or it is cancelled; None for an order that nobody bought."""
        order = self._orders.get(order_id)
        if order is None:
            return None
        if cancel_requested:
            self.request_cancel(order, "Buyer", "ORDER_MISTAKE")
        if cancelled:
            order["cancelStatus"] |= {"cancelState": CANCELLED, "cancelledDate": stamp(self._clock())}
        order["lastModifiedDate"] = stamp(self._clock())
        return order

    def request_cancel(self, order: Json, initiator: str, reason: str) -> str:
        """Somebody asks to cancel; the request's id."""
        request = {
            "cancelRequestId": f"5{len(self._orders):04d}{len(order['cancelStatus']['cancelRequests'])}",
            "cancelInitiator": initiator,
            "cancelReason": reason,
            "cancelRequestedDate": stamp(self._clock()),
            "cancelRequestState": "REQUESTED",
        }
        order["cancelStatus"]["cancelState"] = "IN_PROGRESS"
        order["cancelStatus"]["cancelRequests"].append(request)
        order["lastModifiedDate"] = stamp(self._clock())
        return request["cancelRequestId"]

    def end_cancel(self, order: Json) -> None:
        """The buyer has the money back."""
        for request in order["cancelStatus"]["cancelRequests"]:
            request |= {"cancelRequestState": "COMPLETED", "cancelCompletedDate": stamp(self._clock())}
        self.change(order["orderId"], cancelled=True, cancel_requested=False)

    def fulfillments(self, order_id: str) -> list[Json]:
        """What was sent of an order."""
        return self._fulfillments.get(order_id, [])

    def fulfill(self, order_id: str, body: Json) -> str | None:
        """Take a parcel and name it; None where its tracking number stands already."""
        known = self._fulfillments.setdefault(order_id, [])
        tracking = body.get("trackingNumber")
        if tracking and any(one.get("shipmentTrackingNumber") == tracking for one in known):
            return None
        reference = tracking or str(999 + len(known))
        known.append(_fulfillment(reference, body))
        if order_id in self._orders:
            self._move(self._orders[order_id], known)
        return reference

    def search(self, asked: str, offset: int, limit: int) -> Json | None:
        """A page of orders; None for a filter that is not understood."""
        found = SINCE.search(asked)
        if found is None:
            return None
        orders = [order for order in self._orders.values() if order["lastModifiedDate"] >= found["since"]]
        orders.sort(key=lambda order: str(order["lastModifiedDate"]))
        answer: Json = {
            "href": f"https://sandbox.invalid/order?limit={limit}&offset={offset}",
            "total": len(orders),
            "limit": limit,
            "offset": offset,
            "orders": [_listed(order) for order in orders[offset : offset + limit]],
        }
        if len(orders) > offset + limit:
            answer["next"] = f"https://sandbox.invalid/order?limit={limit}&offset={offset + limit}"
        return answer

    def find(self, order_id: str) -> Json | None:
        """An order that was bought here."""
        return self._orders.get(order_id)

    def unknown(self, order_id: str, items: list[str]) -> str | None:
        """The first of these line items that the order has not; of an order that nobody bought, none is known."""
        order = self._orders.get(order_id)
        known = {item["lineItemId"] for item in order["lineItems"]} if order is not None else set(items)
        return next((item for item in items if item not in known), None)

    def is_cancelled(self, order_id: str) -> bool:
        """Whether nothing may be sent of it any more."""
        order = self._orders.get(order_id)
        return order is not None and order["cancelStatus"]["cancelState"] == CANCELLED

    def everything(self) -> list[Json]:
        """All orders that were bought here."""
        return list(self._orders.values())

    def _move(self, order: Json, known: list[Json]) -> None:
        sent: dict[str, int] = {}
        for fulfillment in known:
            for item in fulfillment["lineItems"]:
                sent[item["lineItemId"]] = sent.get(item["lineItemId"], 0) + item.get("quantity", 1)
        for item in order["lineItems"]:
            done = sent.get(item["lineItemId"], 0) >= item["quantity"]
            item["lineItemFulfillmentStatus"] = "FULFILLED" if done else "IN_PROGRESS"
        all_sent = all(item["lineItemFulfillmentStatus"] == "FULFILLED" for item in order["lineItems"])
        order["orderFulfillmentStatus"] = "FULFILLED" if all_sent else "IN_PROGRESS"
        order["lastModifiedDate"] = stamp(self._clock())


def _listed(order: Json) -> Json:
    """As a list shows it: requests to cancel are told of one order alone."""
    return order | {"cancelStatus": order["cancelStatus"] | {"cancelRequests": []}}


def _fulfillment(reference: str, body: Json) -> Json:
    found = {
        "fulfillmentId": reference,
        "lineItems": body["lineItems"],
        "shippedDate": body.get("shippedDate"),
        "shipmentTrackingNumber": body.get("trackingNumber"),
        "shippingCarrierCode": body.get("shippingCarrierCode"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _order(order_id: str, purchase: Purchase, now: datetime) -> Json:
    def amount(value: Decimal) -> Json:
        return {"value": str(value), "currency": purchase.currency}

    cost = purchase.unit_price * purchase.quantity
    to = {
        "fullName": purchase.buyer,
        "email": f"{order_id}@members.example",
        "contactAddress": {
            "addressLine1": "3 rue des Vignes",
            "city": "Bordeaux",
            "postalCode": "33000",
            "countryCode": "FR",
        },
    }
    return {
        "orderId": order_id,
        "creationDate": stamp(now),
        "lastModifiedDate": stamp(now),
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "sellerId": "sandbox",
        "buyer": {"username": "buyer"},
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "pricingSummary": {
            "priceSubtotal": amount(cost),
            "deliveryCost": amount(purchase.shipping),
            "total": amount(cost + purchase.shipping),
        },
        "fulfillmentStartInstructions": [{"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": {"shipTo": to}}],
        "lineItems": [
            {
                "lineItemId": f"{order_id.replace('-', '')}1",
                "sku": purchase.sku,
                "title": purchase.title,
                "quantity": purchase.quantity,
                "lineItemCost": amount(cost),
                "lineItemFulfillmentStatus": "NOT_STARTED",
                "lineItemFulfillmentInstructions": {"shipByDate": stamp(now + timedelta(days=2))},
            }
        ],
    }
