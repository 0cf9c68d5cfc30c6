"""The vendors' files are served, and what they forbid is refused: otherwise the channel tests would prove nothing."""

from collections.abc import Callable

import httpx


async def test_amazon_refuses_a_parcel_without_a_tracking_number(prism: Callable[[str], str]) -> None:
    path = "/orders/v0/orders/902-1845936-5435065/shipmentConfirmation"
    parcel = {
        "packageReferenceId": "1",
        "carrierCode": "DPD",
        "trackingNumber": "123",
        "shipDate": "2026-01-02T03:04:05Z",
        "orderItems": [{"orderItemId": "1", "quantity": 1}],
    }
    async with httpx.AsyncClient(base_url=prism("amazon/ordersV0.json"), timeout=20) as client:
        taken = await client.post(path, json={"marketplaceId": "A13V1IB3VIYZZH", "packageDetail": parcel})
        del parcel["trackingNumber"]
        refused = await client.post(path, json={"marketplaceId": "A13V1IB3VIYZZH", "packageDetail": parcel})
    assert (taken.status_code, refused.status_code) == (204, 400)
