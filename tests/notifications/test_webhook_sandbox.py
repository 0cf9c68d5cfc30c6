"""The sandbox as a receiver of webhooks, reached over a real connection."""

from collections.abc import AsyncIterator

import pytest

from shared.runtime.http import Server
from tests.notifications.driver import Clock, Driver, entry, order
from tests.notifications.receiving import WEBHOOKS, Receiver, listen


@pytest.fixture
async def address(house: Driver) -> AsyncIterator[str]:
    """Where the service answers over a socket."""
    server = Server(house.service.app, "127.0.0.1", 0, shutdown_seconds=1)
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()


async def test_the_sandbox_takes_what_is_signed(house: Driver, address: str, clock: Clock) -> None:
    made = (await house.http.post(WEBHOOKS, json={"url": f"{address}/sandbox/webhooks/in/pos"})).json()
    secret = await house.http.put("/sandbox/webhooks/secret", json={"secret": made["secret"]})
    assert secret.status_code == 204
    await house.hear(order(1, 1, entry(1)))
    await house.deliver()
    [call] = await house.calls("webhooks")
    assert (call["order"], call["request"]["subject"]) == ("CO-1", "order.placed")
    assert "Webhooks" in (await house.http.get("/sandbox/webhooks")).text
    await house.fault("webhooks", "429")
    await house.hear(order(2, 1, entry(2)))
    await house.deliver()
    assert await house.outcomes(2) == [("webhook", "retry")]
    clock.forward(seconds=6)
    await house.deliver()
    assert await house.outcomes(2) == [("webhook", "done")]
    await house.http.post(f"{WEBHOOKS}/{made['id']}/rotate", json={"overlap_hours": 0})
    await house.hear(order(3, 1, entry(3)))
    await house.deliver()
    [refused] = await house.deliveries(order="CO-3")
    assert "no signature of this secret" in refused["reason"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type": "Order", "timestamp": "now", "data": {}}'])
async def test_the_sandbox_refuses_what_is_no_webhook(house: Driver, body: bytes) -> None:
    signed = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    assert (await house.http.post("/sandbox/webhooks/in", content=body)).status_code == 400
    assert (await house.http.post("/sandbox/webhooks/in/x", content=body, headers=signed)).status_code == 400


async def test_a_test_says_what_came_of_it(house: Driver, receiver: Receiver) -> None:
    made = await listen(house, receiver, active=False)
    url = f"{WEBHOOKS}/{made['id']}/test"
    good = (await house.http.post(url)).json()
    assert (good["delivered"], good["status"], good["answer"]) == (True, 200, "ok")
    assert receiver.types() == [("TEST", "webhook.test")]
    receiver.answer(401, body="who are you?")
    bad = (await house.http.post(url)).json()
    assert (bad["delivered"], bad["status"], bad["reason"]) == (False, 401, "401 who are you?")
    assert await house.deliveries() == []
