"""A running suite as its users meet it: one address, one key, and the words of the stories."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from tests.eventually import eventually

SETTLE_SECONDS = 30.0


class Suite:
    """Talks HTTP to a suite; every helper asserts that what it asked was accepted."""

    def __init__(self, url: str, key: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60.0)

    async def close(self) -> None:
        await self.client.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        response = await self.client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    async def product(self, *, stock: int) -> str:
        """A new product with this many units on hand; its SKU."""
        sku = f"T-{uuid4().hex[:10]}"
        response = await self.client.put(f"/api/v1/inventory/products/{sku}", json={"name": f"Produit {sku}"})
        assert response.status_code in {200, 201}, response.text
        if stock:
            await self.receive(sku, stock)
        return sku

    async def receive(self, sku: str, quantity: int) -> None:
        movement = {"sku": sku, "quantity": quantity, "reason": "receipt"}
        response = await self.client.post("/api/v1/inventory/movements", json=movement)
        assert response.status_code in {200, 201}, response.text

    async def stock(self, sku: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/api/v1/inventory/stock/{sku}")
        return found

    async def place(self, *lines: tuple[str, int], wait: int | None = None, **changes: Any) -> httpx.Response:
        """Post an order of (sku, quantity) lines; the raw response."""
        headers = {"Idempotency-Key": uuid4().hex} | ({"Prefer": f"wait={wait}"} if wait else {})
        return await self.client.post("/api/v1/orders", json=order_body(*lines, **changes), headers=headers)

    async def placed(self, *lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
        """Post an order; its body."""
        response = await self.place(*lines, **changes)
        assert response.status_code == 201, response.text
        order: dict[str, Any] = response.json()
        return order

    async def move(self, code: str, status: str, **command: Any) -> dict[str, Any]:
        """Change the status; the order after it."""
        response = await self.client.post(f"/api/v1/orders/{code}/status", json={"status": status, **command})
        assert response.status_code == 200, response.text
        order: dict[str, Any] = response.json()
        return order

    async def order(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/api/v1/orders/{code}")
        return found

    async def settled(self, code: str) -> dict[str, Any]:
        """The order once every service has heard it and nothing is open."""

        async def look() -> dict[str, Any]:
            order = await self.order(code)
            assert order["settled"], order
            return order

        return await eventually(look, seconds=SETTLE_SECONDS, every=0.05)

    async def documents(self, code: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/api/v1/billing/documents", order=code))["items"]
        return found

    async def deliveries(self, code: str, channel: str) -> list[dict[str, Any]]:
        items = (await self.get("/api/v1/notifications/deliveries", order=code))["items"]
        return [item for item in items if item["channel"] == channel]

    async def calls(self, sandbox: str, order: str) -> list[dict[str, Any]]:
        """What the sandbox was asked about this order, oldest first."""
        items: list[dict[str, Any]] = (await self.get(f"/sandbox/{sandbox}/calls", order=order, limit=200))["items"]
        return items


def order_body(*lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """A plain French order of (sku, quantity) lines at 12.00 gross, 20 % tax."""
    address = {"name": "Zoé Martin", "street": "3 rue des Vignes", "postal_code": "33000", "city": "Bordeaux"}
    body: dict[str, Any] = {
        "channel": "web",
        "currency": "EUR",
        "prices_include_tax": True,
        "language": "fr",
        "customer": {"name": "Zoé Martin", "email": "zoe@example.org"},
        "billing_address": {**address, "country": "FR"},
        "shipping_address": {**address, "country": "FR"},
        "lines": [
            {"sku": sku, "name": f"Article {sku}", "quantity": quantity, "unit_price": "12.00", "tax_rate": "20"}
            for sku, quantity in lines
        ],
    }
    return body | changes


def parcel(number: str, *lines: tuple[int, int]) -> dict[str, Any]:
    """A shipment of (line, quantity), or of all that is left."""
    shipment: dict[str, Any] = {"carrier": "Colissimo", "tracking_number": number}
    if lines:
        shipment["lines"] = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return shipment
