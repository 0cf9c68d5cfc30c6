"""What never shows where it must not: no person and no secret in logs, traces and metrics, whatever goes wrong.

Everybody we call answers with canaries, and all that we know of the client and of accounts is one. Headers of dead
letters have their own test (`tests/shared/test_dead_letter_headers.py`).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from shared.contracts import Channel
from tests.notifications.conftest import MakeDriver
from tests.notifications.driver import Clock, Driver, entry, marketplace_order, order, parcel
from tests.notifications.receiving import Browser, Receiver, listen, subscribe
from tests.recording import logging_as_deployed, recorded_spans

# Long enough not to stand in an id by chance: four digits once did.
PERSON = ("camille", "dubois", "0612345678", "06 12 34", "33612345678", "rue du puits", "6a00001", "6a 00001")
SECRET = "canary-hush"
GRANTED = '{"access_token": "canary-token", "expires_in": 3600}'


class Told:
    """All that was written down for operators: log lines, spans, metrics."""

    def __init__(self, output: pytest.CaptureFixture[str], spans: InMemorySpanExporter) -> None:
        self._output = output
        self._spans = spans

    def text(self) -> str:
        written = self._output.readouterr()
        spans = "".join(span.to_json() for span in self._spans.get_finished_spans())
        assert spans
        return (written.out + written.err + spans + generate_latest().decode()).lower()


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[Told]:
    """From now on everything is written, and can be read."""
    with recorded_spans() as spans, logging_as_deployed("DEBUG"):
        yield Told(capsys, spans)


async def test_webhooks_and_push(house: Driver, receiver: Receiver, browser: Browser, clock: Clock, told: Told) -> None:
    made = await listen(house, receiver, "/hook/canary-path")
    await subscribe(house, receiver, browser, "/send/canary-token")
    for status in (500, 410):
        receiver.answer(status, path="/hook/canary-path", body="canary-answer of Camille Dubois")
        receiver.answer(status, path="/send/canary-token", body="canary-answer of Camille Dubois")
        await house.hear(order(status, 1, entry(status)))
        await house.deliver()
        clock.forward(minutes=20)
    text = told.text()
    assert "webhooks.shut" in text, "there was something to read"
    canaries = ("canary", made["secret"].lower(), browser.p256dh.lower(), "vapid t=", *PERSON)
    assert [canary for canary in canaries if canary in text] == []


def accounts(url: str) -> dict[str, Any]:
    """A seller whose vendors are all the receiver."""
    oauth = {"client_id": "canary-client", "client_secret": SECRET, "refresh_token": SECRET}
    return {
        "twilio": {"base_url": url, "account_sid": f"AC{'c' * 32}", "auth_token": SECRET, "sender": "+33700000000"},
        "amazon": {"base_url": f"{url}/amazon", "token_url": f"{url}/amazon/token", "seller_id": "A1", **oauth},
        "ebay": {"base_url": f"{url}/ebay", "token_url": f"{url}/ebay/token", **oauth},
    }


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_mail_sms_and_marketplaces(
    make_driver: MakeDriver, receiver: Receiver, clock: Clock, told: Told, status: int
) -> None:
    house = await make_driver(shop_accounts={"cave": accounts(receiver.url)})
    for vendor in ("amazon", "ebay"):
        receiver.answer(200, path=f"/{vendor}/token", body=GRANTED, content_type="application/json")
    for path in (
        f"/2010-04-01/Accounts/AC{'c' * 32}/Messages.json",
        "/amazon/orders/v0/orders/902-0000002/shipmentConfirmation",
        "/amazon/orders/2026-01-01/orders",
        "/ebay/order",
        "/ebay/order/902-0000003/shipping_fulfillment",
    ):
        receiver.answer(status, path=path, body='{"canary-answer": "Camille Dubois, +33612345678"}')
    for channel in ("amazon", "ebay"):
        await house.settle_channel(channel)
    await house.fault("mail", "500")
    await house.hear(order(1, 1, entry(1, mail=True, mail_admins=True, sms=True)))
    await house.hear(marketplace_order(Channel.AMAZON, 1, parcel(1), number=2))
    await house.hear(marketplace_order(Channel.EBAY, 1, parcel(1), number=3))
    for _ in range(2):
        await house.deliver()
        await house.pull()
        clock.forward(minutes=1)
    called = {got.path.split("/")[1] for got in receiver.got}
    assert called == {"2010-04-01", "amazon", "ebay"}
    text = told.text()
    assert "pull.refused" in text, "there was something to read"
    assert [canary for canary in ("canary", *PERSON) if canary in text] == []
