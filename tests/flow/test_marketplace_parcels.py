"""An Amazon order leaves in three parcels: three confirmations, each with its own reference and items, and no more."""

from uuid import uuid4

import pytest

from tests.flow.suite import Suite, order_body, parcel


async def test_three_parcels_are_confirmed_one_by_one(suite: Suite) -> None:
    first, second = await suite.product(stock=4), await suite.product(stock=2)
    external = f"902-{uuid4().int % 10**7:07d}-1059050"
    body = order_body((first, 4), (second, 2), channel="amazon", external_id=external)
    for number, line in enumerate(body["lines"], 1):
        line["external_id"] = f"7903976527215{number}"
    response = await suite.client.post("/api/v1/orders", json=body)
    assert response.status_code == 201, response.text
    code = response.json()["code"]
    one, two = (line["id"] for line in response.json()["lines"])

    await suite.move(code, "partially_shipped", shipment=parcel("AMZ0000001", (one, 3)))
    await suite.move(code, "partially_shipped", shipment=parcel("AMZ0000002", (one, 1), (two, 1)))
    order = await suite.settled(code)
    assert order["facts"]["stock"] == "reserved"
    await suite.move(code, "shipped", shipment=parcel("AMZ0000003"))
    order = await suite.settled(code)
    assert order["facts"]["stock"] == "committed"

    calls = [call["request"] for call in await suite.calls("amazon", external)]
    packages = {call["body"]["packageDetail"]["packageReferenceId"]: call["body"]["packageDetail"] for call in calls}
    assert sorted(packages) == ["1", "2", "3"]
    assert len(calls) == 3
    assert [item["quantity"] for item in packages["2"]["orderItems"]] == [1, 1]
    assert packages["3"]["trackingNumber"] == "AMZ0000003"
    assert {item["outcome"] for item in await suite.deliveries(code, "amazon")} == {"done"}
    assert (await suite.stock(first))["on_hand"] == (await suite.stock(second))["on_hand"] == 0


@pytest.mark.parametrize("status", ["shipped", "delivered"])
async def test_other_orders_call_nobody(suite: Suite, status: str) -> None:
    sku = await suite.product(stock=1)
    code = (await suite.placed((sku, 1)))["code"]
    await suite.move(code, status, shipment=parcel("6A00000000004"))
    await suite.settled(code)
    assert not await suite.deliveries(code, "amazon")
    assert not await suite.deliveries(code, "ebay")
