"""The orders of the Amazon-shaped sandbox: bought by whoever asks it to, read by `searchOrders` and `getOrder`.

Parcels move an order on as Amazon does: UNSHIPPED, PARTIALLY_SHIPPED, SHIPPED. An order nobody bought here is known by
its parcels alone, so that confirmations of any order can be tried.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.notifications.sandbox.buying import Purchase
from shared.database import Clock

MARKETPLACE = "A13V1IB3VIYZZH"
PAGE = 100

Json = dict[str, Any]


def stamp(moment: datetime) -> str:
    """A moment as Amazon writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Orders:
    """What was bought, and the parcels that were confirmed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._orders: dict[str, Json] = {}
        self._packages: dict[str, dict[str, Json]] = {}
        self._pages: dict[str, list[str]] = {}

    def buy(self, purchase: Purchase) -> Json:
        """A new order, to be shipped within two days."""
        number = len(self._orders) + 1
        order = _order(f"902-{1106328 + number:07d}-{1059050 + number:07d}", purchase, self._clock())
        self._orders[order["orderId"]] = order
        return order

    def change(self, order_id: str, *, cancelled: bool, cancel_requested: bool) -> Json | None:
        """The buyer asks to cancel, or Amazon cancels; None for an order that nobody bought."""
        order = self._orders.get(order_id)
        if order is None:
            return None
        for item in order["orderItems"]:
            if cancel_requested:
                asked = {"requester": "BUYER", "cancelReason": "Ordered by mistake"}
                item["cancellation"] = {"cancellationRequest": asked}
        if cancelled:
            order["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
        order["lastUpdatedTime"] = stamp(self._clock())
        return order

    def confirm(self, order_id: str, detail: Json) -> str | None:
        """Take a parcel, or say why not. The same reference again edits the parcel."""
        order, packages = self._orders.get(order_id), self._packages.setdefault(order_id, {})
        if order is not None:
            status = order["fulfillment"]["fulfillmentStatus"]
            if status == "CANCELLED":
                return "The order is cancelled."
            if status == "SHIPPED" and detail["packageReferenceId"] not in packages:
                return "Failed to create package: order already fulfilled. PackageToUpdateNotFound"
            if wrong := self._too_much(order, packages, detail):
                return wrong
        packages[detail["packageReferenceId"]] = detail
        if order is not None:
            self._move(order, packages)
        return None

    def cancel(self, order_id: str) -> bool:
        """By feed; whether there was something to cancel."""
        order = self._orders.get(order_id)
        if order is not None and order["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED":
            self.change(order_id, cancelled=True, cancel_requested=False)
        return order is None or order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"

    def paid(self, order_id: str, item_id: str, kind: str) -> Decimal | None:
        """What the buyer paid of this kind for an item, 0 for an item unknown; None: nobody bought the order here."""
        if order_id not in self._orders:
            return None
        items = (item for item in self._orders[order_id]["orderItems"] if item["orderItemId"] == item_id)
        parts = (part for item in items for part in item["proceeds"]["breakdowns"] if part["type"] == kind)
        return sum((Decimal(part["subtotal"]["amount"]) for part in parts), Decimal(0))

    def search(self, since: str, token: str | None, size: int) -> Json | None:
        """A page of orders changed since; None for a token nobody was given."""
        if token is not None:
            if token not in self._pages:
                return None
            ids = self._pages.pop(token)
        else:
            changed = [order for order in self._orders.values() if order["lastUpdatedTime"] >= since]
            ids = [order["orderId"] for order in sorted(changed, key=lambda order: str(order["lastUpdatedTime"]))]
        answer: Json = {"orders": [self._orders[name] for name in ids[:size]]}
        if len(ids) > size:
            following = f"page-{len(self._pages) + 1}-{ids[size]}"
            self._pages[following] = ids[size:]
            answer["pagination"] = {"nextToken": following}
        return answer | {"lastUpdatedBefore": stamp(self._clock())}

    def find(self, order_id: str) -> Json:
        """One order with its packages; of one that nobody bought here, those alone."""
        packages = [_package(detail) for detail in self._packages.get(order_id, {}).values()]
        known = self._orders.get(order_id) or _bare(order_id, self._clock())
        return known | {"packages": packages}

    def _too_much(self, order: Json, packages: dict[str, Json], detail: Json) -> str | None:
        others = [one for name, one in packages.items() if name != detail["packageReferenceId"]]
        sent = _units([*others, detail])
        ordered = {item["orderItemId"]: item["quantityOrdered"] for item in order["orderItems"]}
        unknown = sorted(set(sent) - set(ordered))
        if unknown:
            return f"Unknown order items: {', '.join(unknown)}"
        over = sorted(item for item, quantity in sent.items() if quantity > ordered[item])
        return f"More than was ordered of {', '.join(over)}" if over else None

    def _move(self, order: Json, packages: dict[str, Json]) -> None:
        sent = _units(list(packages.values()))
        for item in order["orderItems"]:
            done = sent.get(item["orderItemId"], 0)
            item["fulfillment"] = {
                "quantityFulfilled": done,
                "quantityUnfulfilled": item["quantityOrdered"] - done,
            }
        left = sum(item["fulfillment"]["quantityUnfulfilled"] for item in order["orderItems"])
        order["fulfillment"]["fulfillmentStatus"] = "PARTIALLY_SHIPPED" if left else "SHIPPED"
        order["lastUpdatedTime"] = stamp(self._clock())


def _units(details: list[Json]) -> dict[str, int]:
    units: dict[str, int] = {}
    for detail in details:
        for item in detail["orderItems"]:
            units[item["orderItemId"]] = units.get(item["orderItemId"], 0) + item["quantity"]
    return units


def _package(detail: Json) -> Json:
    return {
        "packageReferenceId": detail["packageReferenceId"],
        "packageStatus": {"status": "SHIPPED"},
        "carrier": detail.get("carrierName") or detail["carrierCode"],
        "trackingNumber": detail["trackingNumber"],
        "shipTime": detail["shipDate"],
        "packageItems": [
            {"orderItemId": item["orderItemId"], "quantity": item["quantity"]} for item in detail["orderItems"]
        ],
    }


def _bare(order_id: str, now: datetime) -> Json:
    return {
        "orderId": order_id,
        "createdTime": stamp(now),
        "lastUpdatedTime": stamp(now),
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": MARKETPLACE},
        "orderItems": [],
    }


def _order(order_id: str, purchase: Purchase, now: datetime) -> Json:
    price = {"amount": str(purchase.unit_price), "currencyCode": purchase.currency}
    total = {"amount": str(purchase.unit_price * purchase.quantity), "currencyCode": purchase.currency}
    breakdowns = [{"type": "ITEM", "subtotal": total}]
    if purchase.shipping > Decimal(0):
        cost = {"amount": str(purchase.shipping), "currencyCode": purchase.currency}
        breakdowns.append({"type": "SHIPPING", "subtotal": cost})
    address = {
        "name": purchase.buyer,
        "addressLine1": "3 rue des Vignes",
        "city": "Bordeaux",
        "postalCode": "33000",
        "countryCode": "FR",
        "addressType": "RESIDENTIAL",
    }
    return _bare(order_id, now) | {
        "buyer": {"buyerName": purchase.buyer, "buyerEmail": f"{order_id}@marketplace.example"},
        "recipient": {"deliveryAddress": address},
        "proceeds": {"grandTotal": total},
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {"earliestDateTime": stamp(now), "latestDateTime": stamp(now + timedelta(days=2))},
        },
        "orderItems": [
            {
                "orderItemId": f"{order_id.replace('-', '')[:14]}",
                "quantityOrdered": purchase.quantity,
                "product": {"title": purchase.title, "sellerSku": purchase.sku, "price": {"unitPrice": price}},
                "proceeds": {"proceedsTotal": total, "breakdowns": breakdowns},
                "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": purchase.quantity},
            }
        ],
    }
