"""The data of an installation that has lived a little, and what its API says of them: what an upgrade must keep.

`make` saves both when a version is released, `test_upgrade` starts today's code on what was saved.
"""

from typing import Any

from tests.flow.suite import Suite, parcel

Said = dict[str, Any]


async def live(suite: Suite) -> None:
    """Orders in every kind of state: held, short, shipped in parts, invoiced, paid, credited, edited, deleted."""
    plenty, scarce = await suite.product(stock=100), await suite.product(stock=1)
    held = await suite.placed((plenty, 2), language="en")
    await suite.placed((scarce, 3))
    shipped = await suite.placed((plenty, 1), (scarce, 1))
    await suite.move(held["code"], "processing", comment="Gift-wrapped, as you asked.")
    await suite.move(shipped["code"], "partially_shipped", shipment=parcel("P-1", (1, 1)))
    paid = await suite.placed((plenty, 4))
    await suite.settled(paid["code"])
    payment = {"amount": "48.00", "currency": "EUR", "method": "card"}
    (await suite.client.post(f"/api/v1/billing/orders/{paid['code']}/payments", json=payment)).raise_for_status()
    await suite.move(paid["code"], "shipped", shipment=parcel("P-2"))
    cancelled = await suite.placed((plenty, 5))
    await suite.move(cancelled["code"], "shipped", shipment=parcel("P-3"))
    await suite.settled(cancelled["code"])
    await suite.move(cancelled["code"], "cancelled", decision={"stock": "all"})
    amazon = await suite.placed((plenty, 1), channel="amazon", external_id="902-1234567-1234567")
    await suite.move(amazon["code"], "shipped", shipment=parcel("P-4"))
    edited = await suite.placed((plenty, 1))
    lines = {"lines": [{"id": 1, "quantity": 3}]}
    (await suite.client.put(f"/api/v1/orders/{edited['code']}/lines", json=lines)).raise_for_status()
    gone = await suite.placed((plenty, 1))
    (await suite.client.delete(f"/api/v1/orders/{gone['code']}", params={"stock": "all"})).raise_for_status()
    for order in (held, shipped, paid, cancelled, amazon, edited):
        await suite.settled(order["code"])


async def said(suite: Suite) -> Said:
    """Everything the API says of it, but for what moves by itself."""
    orders = (await suite.get("/api/v1/orders", limit=200))["items"]
    codes = sorted(order["code"] for order in orders)
    return {
        "orders": {code: await suite.order(code) for code in codes},
        "timelines": {code: (await suite.get(f"/api/v1/orders/{code}/timeline"))["items"] for code in codes},
        "stock": await _all(suite, "/api/v1/inventory/stock", "sku"),
        "documents": {code: await suite.documents(code) for code in codes},
        "deliveries": {code: await _deliveries(suite, code) for code in codes},
        "statuses": await _all(suite, "/api/v1/statuses", "mnemonic"),
    }


async def _deliveries(suite: Suite, code: str) -> list[Any]:
    items = (await suite.get("/api/v1/notifications/deliveries", order=code, limit=200))["items"]
    return sorted(items, key=lambda item: str(item["id"]))


async def _all(suite: Suite, path: str, key: str) -> dict[str, Any]:
    items = (await suite.get(path, limit=200))["items"]
    return {item[key]: item for item in items}
