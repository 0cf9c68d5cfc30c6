"""Somebody buys at a marketplace: the order comes in, stock falls and is told, parcels are confirmed, one by one."""

from typing import Any

import pytest

from tests.eventually import eventually
from tests.flow.suite import Suite, parcel

CHANNELS = "/api/v1/notifications/channels"


async def pulled(suite: Suite, channel: str, external: str) -> dict[str, Any]:
    """Our order, once the marketplace's was read."""

    async def look() -> dict[str, Any]:
        found = (await suite.get("/api/v1/orders", q=external))["items"]
        assert found, "not here yet"
        assert found[0]["channel"] == channel
        order: dict[str, Any] = found[0]
        return order

    return await eventually(look, seconds=40.0, every=0.2)


async def told(suite: Suite, channel: str, sku: str) -> list[int]:
    """The quantities that the marketplace was told of, oldest first."""
    if channel == "amazon":
        calls = await suite.calls(channel, sku)
        return [call["request"]["body"]["patches"][0]["value"][0]["quantity"] for call in calls]
    items = (await suite.get(f"/sandbox/{channel}/calls", limit=200))["items"]
    asked = [item for call in items for item in (call["request"]["body"] or {}).get("requests", ())]
    return [item["shipToLocationAvailability"]["quantity"] for item in asked if item["sku"] == sku]


@pytest.mark.row("S4-08", owners="N")
@pytest.mark.parametrize("channel", ["amazon", "ebay"])
async def test_an_order_comes_in_and_is_confirmed_parcel_by_parcel(suite: Suite, channel: str) -> None:
    sku = await suite.product(stock=3)
    listed = {"listings": [{"sku": sku, "external_sku": sku[:50]}]}
    assert (await suite.client.post(f"{CHANNELS}/{channel}/listings", json=listed)).status_code == 200
    bought = (
        await suite.client.post(f"/sandbox/{channel}/orders", json={"sku": sku, "quantity": 3, "shipping": "4.50"})
    ).json()
    account = await suite.client.put(f"{CHANNELS}/{channel}", json={"send_stock": True})
    assert account.status_code == 200, account.text

    order = await pulled(suite, channel, bought["orderId"])
    code, wine = order["code"], order["lines"][0]["id"]
    assert (await suite.settled(code))["facts"]["stock"] == "reserved"

    async def sold_out() -> bool:
        return (await told(suite, channel, sku))[-1:] == [0]

    await eventually(sold_out, seconds=40.0, every=0.2)

    await suite.move(code, "partially_shipped", shipment=parcel("MKT0000001", (wine, 2)))
    await suite.settled(code)
    await suite.move(code, "shipped", shipment=parcel("MKT0000002"))
    settled = await suite.settled(code)
    assert settled["facts"]["stock"] == "committed"
    assert [item["outcome"] for item in await suite.deliveries(code, channel)] == ["done", "done"]
    numbers = [call["request"]["body"] for call in await suite.calls(channel, bought["orderId"])]
    assert len(numbers) == 2
    assert await told(suite, channel, sku) == sorted(await told(suite, channel, sku), reverse=True)
