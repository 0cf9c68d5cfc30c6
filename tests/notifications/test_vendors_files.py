"""Our requests against the vendors' own specification files, served by Prism, and Amazon's published sandbox cases.

Nobody here wrote the counterparts of these tests. Token endpoints are in none of the files, so the tests bring them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import ValidationError

from services.notifications.channels.sms import Sms
from services.notifications.channels.sms.twilio import Twilio
from services.notifications.channels.web import http_client
from services.notifications.domain.results import Trouble
from services.notifications.marketplaces.amazon import Amazon, ConfirmShipment
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Outcome
from tests.notifications.counterparts import amazon_account, call, ebay_account, note, shipment, twilio_account
from tests.notifications.driver import NOON, Clock

Prism = Callable[[str], str]
CONFIRM = "/orders/v0/orders/{orderId}/shipmentConfirmation"

pytestmark = pytest.mark.slow


class WithTokens(httpx.AsyncHTTPTransport):
    """A real connection to the mock server; token requests are answered here, `prefer` asks for a status."""

    def __init__(self, prefer: int | None = None) -> None:
        super().__init__()
        self.prefer = prefer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3600})
        if self.prefer and request.method == "POST":
            request.headers["Prefer"] = f"code={self.prefer}"
        return await super().handle_async_request(request)


def _amazon(base: str, prefer: int | None = None) -> Amazon:
    http = http_client(10, transport=WithTokens(prefer))
    return Amazon(amazon_account(base), http, MemoryStore(), Clock(), seconds=10)


def _ebay(base: str, prefer: int | None = None) -> Ebay:
    http = http_client(10, transport=WithTokens(prefer))
    return Ebay(ebay_account(base), http, MemoryStore(), Clock(), seconds=10)


async def test_amazon_accepts_our_confirmation(prism: Prism) -> None:
    amazon = _amazon(prism("amazon/ordersV0.json"))
    assert (await amazon.send(call(shipment()))).outcome == Outcome.DONE
    await amazon.close()


@pytest.mark.parametrize(
    ("status", "outcome", "trouble"),
    [
        (400, Outcome.REJECTED, None),
        (403, Outcome.RETRY, Trouble.REFUSED),
        (429, Outcome.RETRY, Trouble.BUSY),
        (503, Outcome.RETRY, Trouble.DOWN),
    ],
)
async def test_amazons_refusals(prism: Prism, status: int, outcome: Outcome, trouble: Trouble | None) -> None:
    amazon = _amazon(prism("amazon/ordersV0.json"), prefer=status)
    result = await amazon.send(call(shipment()))
    await amazon.close()
    assert (result.outcome, result.trouble) == (outcome, trouble)


async def test_amazons_order_is_read_back(prism: Prism) -> None:
    base = prism("amazon/orders_2026-01-01.json")
    amazon = _amazon(base)
    result = await amazon.send(call(shipment(), NOON))
    await amazon.close()
    assert result.outcome == Outcome.REJECTED, "the package is not in Amazon's example, and this file has no writes"
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{base}/orders/2026-01-01/orders/902-1", params={"includedData": "PACKAGES"})
    assert all({"packageReferenceId", "trackingNumber"} <= set(one) for one in answer.json()["order"]["packages"])


async def test_ebay_accepts_our_fulfilment(prism: Prism) -> None:
    ebay = _ebay(prism("ebay/sell_fulfillment_v1_oas3.json"))
    result = await ebay.send(call(shipment()))
    await ebay.close()
    assert (result.outcome, result.reference) == (Outcome.DONE, "string")


def _callback(delivery: str) -> str:
    return f"https://oms.example.com/{delivery}"


async def test_twilio_accepts_our_form_and_lists_messages(prism: Prism) -> None:
    account, clock = twilio_account(prism("twilio/twilio_api_v2010.json")), Clock()
    sms = Sms(Twilio(account, http_client(10), clock, seconds=10, callback=_callback), 14_400, clock)
    sent = await sms.send(call(note()))
    looked_up = await sms.send(call(note(), NOON))
    await sms.close()
    assert sent.outcome == Outcome.DONE
    assert str(sent.reference).startswith("SM")
    assert looked_up.outcome == Outcome.UNKNOWN


def _published_cases(specs: Path) -> list[tuple[str, Any]]:
    document = orjson.loads((specs / "amazon" / "ordersV0.json").read_bytes())
    responses = document["paths"][CONFIRM]["post"]["responses"]
    return [
        (status, case["request"]["parameters"]["body"]["value"])
        for status, response in responses.items()
        for case in response.get("x-amzn-api-sandbox", {}).get("static", [])
    ]


def test_amazons_published_cases(specs_dir: Path) -> None:
    cases = _published_cases(specs_dir)
    assert sorted(status for status, _ in cases) == ["204", "400"]
    for status, body in cases:
        if status == "204":
            assert ConfirmShipment.model_validate(body).document() == body
        else:
            with pytest.raises(ValidationError, match=r"packageDetail\.shipDate"):
                ConfirmShipment.model_validate(body)
