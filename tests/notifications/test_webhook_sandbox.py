"""The sandbox as a receiver of webhooks, reached over a real connection; and what never shows where it must not."""

from collections.abc import AsyncIterator

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from shared.observability import configure_logging
from shared.runtime.http import Server
from tests.notifications.driver import Clock, Driver, entry, order
from tests.notifications.receiving import WEBHOOKS, Browser, Receiver, listen, subscribe


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


async def test_nothing_personal_and_no_secret_shows_in_logs_traces_and_metrics(
    house: Driver, receiver: Receiver, browser: Browser, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(shutdown_on_exit=False)
        trace.set_tracer_provider(provider)
    spans = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    made = await listen(house, receiver, "/hook/canary-path")
    await subscribe(house, receiver, browser, "/send/canary-token")
    configure_logging("DEBUG", "json")
    try:
        for status in (500, 410):
            receiver.answer(status, path="/hook/canary-path", body="canary-answer of Camille Dubois")
            receiver.answer(status, path="/send/canary-token", body="canary-answer of Camille Dubois")
            await house.hear(order(status, 1, entry(status)))
            await house.deliver()
            clock.forward(minutes=20)
    finally:
        structlog.reset_defaults()
    written = capsys.readouterr()
    told = written.out + written.err
    assert "webhooks.shut" in told, "there was something to read"
    told += "".join(span.to_json() for span in spans.get_finished_spans()) + generate_latest().decode()
    canaries = ("canary", "camille", "dubois", "0612", "06 12", made["secret"], browser.p256dh, "vapid t=")
    assert [canary for canary in canaries if canary.lower() in told.lower()] == []
