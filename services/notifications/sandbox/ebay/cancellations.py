"""Cancellations at the eBay-shaped sandbox: asked for by the seller or approved, ended when the money is back.

Written from eBay's published documentation of its Post-Order API, of which it gives no specification file.
"""

from datetime import datetime, timedelta
from typing import Any

from services.notifications.sandbox.ebay.orders import CANCELLED, Orders
from services.notifications.sandbox.vendors import Answer
from shared.database import Clock

WINDOW = timedelta(days=30)
PAYING_BACK = timedelta(minutes=2)
REASONS = frozenset({"ADDRESS_ISSUES", "BUYER_ASKED_CANCEL", "ORDER_UNPAID", "OUT_OF_STOCK_OR_CANNOT_FULFILL"})

Json = dict[str, Any]


class Cancellations:
    """Which are under way."""

    def __init__(self, orders: Orders, clock: Clock) -> None:
        self._orders = orders
        self._clock = clock
        self._ending: dict[str, datetime] = {}

    def create(self, body: Any) -> Answer:
        """The seller cancels an order."""
        order = self._orders.find(str(body.get("legacyOrderId"))) if isinstance(body, dict) else None
        if order is None or body.get("cancelReason") not in REASONS:
            return _error(400, 1501, "The order or the reason is not known")
        if reason := self._ineligible(order):
            eligibility = {"legacyOrderId": order["orderId"], "eligible": False, "failureReason": [reason]}
            return 200, {"orderEligibilityResult": eligibility}, {}
        request = self._orders.request_cancel(order, "Seller", body["cancelReason"])
        self._ending[order["orderId"]] = self._clock() + PAYING_BACK
        return 201, {"cancelId": request}, {}

    def approve(self, request_id: str) -> Answer:
        """The seller agrees to what the buyer asks."""
        for order in self._orders.everything():
            known = [one for one in order["cancelStatus"]["cancelRequests"] if one["cancelRequestId"] == request_id]
            if known and known[0]["cancelInitiator"] == "Buyer" and order["orderId"] not in self._ending:
                self._ending[order["orderId"]] = self._clock() + PAYING_BACK
                return 200, None, {}
        return _error(404, 1503, "There is no such request")

    def move_on(self) -> None:
        """End those whose money is back by now."""
        now = self._clock()
        for order in self._orders.everything():
            at = self._ending.get(order["orderId"])
            if at is not None and at <= now:
                del self._ending[order["orderId"]]
                self._orders.end_cancel(order)

    def _ineligible(self, order: Json) -> str | None:
        if order["cancelStatus"]["cancelState"] in (CANCELLED, "IN_PROGRESS"):
            return "CANCELLATION_EXIST"
        if order["orderFulfillmentStatus"] != "NOT_STARTED":
            return "ORDER_SHIPPED"
        late = self._clock() - datetime.fromisoformat(order["creationDate"]) > WINDOW
        return "CANCEL_WINDOW_ELAPSED" if late else None


def _error(status: int, code: int, message: str) -> Answer:
    return status, {"error": [{"errorId": code, "message": message}]}, {}
