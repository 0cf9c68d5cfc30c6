"""The vendors of the fault runs do what their faults say, so that a green run means something."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.servers.vendors import Counterparts, Fault

PARCEL = {"trackingNumber": "A1", "shippingCarrierCode": "DPD", "lineItems": [{"lineItemId": "1", "quantity": 1}]}


@pytest.fixture
async def vendors() -> AsyncIterator[Counterparts]:
    served = Counterparts()
    await served.start()
    yield served
    await served.stop()


@pytest.fixture
async def client(vendors: Counterparts) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=vendors.url, timeout=0.5) as asking:
        form = {"grant_type": "refresh_token", "refresh_token": "refresh"}
        token = (await asking.post("/ebay/token", data=form)).json()["access_token"]
        asking.headers["Authorization"] = f"Bearer {token}"
        yield asking


async def confirm(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/ebay/order/7/shipping_fulfillment", json=PARCEL)


async def listed(client: httpx.AsyncClient) -> int:
    return len((await client.get("/ebay/order/7/shipping_fulfillment")).json()["fulfillments"])


@pytest.mark.parametrize(("fault", "error"), [(Fault.HOLD, httpx.ReadTimeout), (Fault.CUT, httpx.RemoteProtocolError)])
async def test_what_is_taken_and_not_answered_is_in_the_ledger(
    vendors: Counterparts, client: httpx.AsyncClient, fault: Fault, error: type[Exception]
) -> None:
    vendors.ebay.faults.append(fault)
    with pytest.raises(error):
        await confirm(client)
    assert [(call.order, call.subject, call.taken, call.answered) for call in vendors.ebay.ledger] == [
        ("7", "A1", True, False)
    ]
    assert await listed(client) == 1


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.FAIL])
async def test_what_is_refused_has_not_happened(vendors: Counterparts, client: httpx.AsyncClient, fault: Fault) -> None:
    vendors.ebay.faults.append(fault)
    assert (await confirm(client)).status_code == int(fault)
    assert [call.taken for call in vendors.ebay.ledger] == [False]
    assert await listed(client) == 0
    assert (await confirm(client)).status_code == 201


async def test_a_parcel_is_taken_once(vendors: Counterparts, client: httpx.AsyncClient) -> None:
    assert [(await confirm(client)).status_code for _ in range(2)] == [201, 409]
    assert [call.taken for call in vendors.ebay.ledger] == [True, False]


async def test_a_forgotten_token_is_refused(vendors: Counterparts, client: httpx.AsyncClient) -> None:
    vendors.ebay.forget_tokens()
    assert (await confirm(client)).status_code == 401
    assert vendors.ebay.ledger == []
