"""What one call can meet, of the ways for calls to go wrong (`tests.failure_modes`): answers, bodies, clocks, words."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import orjson
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notifications.channels.web import LONGEST_ANSWER, LONGEST_COMPLAINT, exchange, http_client
from services.notifications.domain.channel_orders import Window
from services.notifications.domain.payloads import Shipment
from services.notifications.domain.results import Result
from services.notifications.domain.wanted import wanted
from services.notifications.marketplaces.amazon import Amazon
from services.notifications.marketplaces.amazon.orders import read_page as read_amazon
from services.notifications.marketplaces.amazon.stock import read as read_level
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.marketplaces.ebay.orders import read_page as read_ebay
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Channel, Outcome
from tests.notifications.counterparts import Scripted, amazon_account, call, ebay_account, shipment
from tests.notifications.driver import NOON, Clock, Driver, marketplace_order, parcel, shop

NO_FULFILLMENT = httpx.Response(200, json={"fulfillments": []})
NO_ORDER = httpx.Response(404)
LATER = NOON + timedelta(hours=1)
LONG_AGO = NOON - timedelta(days=3)


async def confirm(vendor: Scripted, **changes: object) -> Result:
    """A parcel told to Amazon."""
    amazon = Amazon(amazon_account(), http_client(5, transport=vendor), MemoryStore(), Clock(), seconds=5)
    return await amazon.send(call(shipment(**changes)))


async def fulfil(vendor: Scripted, **changes: object) -> Result:
    """A parcel told to eBay."""
    ebay = Ebay(ebay_account(), http_client(5, transport=vendor), MemoryStore(), Clock(), seconds=5)
    return await ebay.send(call(shipment(**changes)))


@pytest.mark.failure_mode(9)
@pytest.mark.parametrize(
    ("typed", "told"), [(" 6a-0001 2345 ", "6A00012345"), ("RR 123.456.789 FR", "RR123456789FR"), ("n° 7é", "N7")]
)
async def test_a_tracking_number_is_told_as_ebay_writes_them(typed: str, told: str) -> None:
    vendor = Scripted(NO_FULFILLMENT, httpx.Response(201, json={}))
    assert (await fulfil(vendor, tracking_number=typed)).reference == told
    assert orjson.loads(vendor.requests[1].content)["trackingNumber"] == told


@pytest.mark.failure_mode(9, 10)
async def test_what_a_marketplace_refuses_is_told_in_its_own_words() -> None:
    error = {"errorId": 32300, "domain": "API_FULFILLMENT", "message": "Invalid shipment tracking number or carrier"}
    at_ebay = await fulfil(Scripted(NO_FULFILLMENT, httpx.Response(400, json={"errors": [error]}), NO_ORDER))
    wrong = {"code": "InvalidInput", "message": "Invalid carrierCode", "details": "Colissime"}
    at_amazon = await confirm(Scripted(httpx.Response(400, json={"errors": [wrong]}), NO_ORDER))
    for result, words in ((at_ebay, error), (at_amazon, wrong)):
        assert result.outcome == Outcome.REJECTED
        assert all(str(word) in str(result.reason) for word in words.values())


@pytest.mark.failure_mode(10)
@pytest.mark.parametrize("status", [400, 404, 413, 415, 422])
async def test_what_is_wrong_for_good_is_not_tried_again(status: int) -> None:
    vendor = Scripted(httpx.Response(status), NO_ORDER)
    result = await confirm(vendor)
    assert (result.outcome, result.trouble) == (Outcome.REJECTED, None)
    assert vendor.methods.count("POST") == 1


@pytest.mark.failure_mode(12)
@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        (httpx.Response(204), Outcome.DONE, None),
        (httpx.Response(201, json={}), Outcome.DONE, None),
        (httpx.Response(200, json=["a", "list"]), Outcome.DONE, None),
        (httpx.Response(400), Outcome.REJECTED, "400 (empty body)"),
        (httpx.Response(502, html="<h1>Bad gateway</h1>"), Outcome.RETRY, "502 (a page of HTML, 20 bytes)"),
        (httpx.Response(500, content=b"\xff\xfe{"), Outcome.RETRY, "500 \ufffd\ufffd{"),
    ],
)
async def test_the_status_decides_whatever_the_body_is(
    answer: httpx.Response, outcome: Outcome, said: str | None
) -> None:
    at_amazon = await confirm(Scripted(answer, NO_ORDER))
    at_ebay = await fulfil(Scripted(NO_FULFILLMENT, answer, NO_ORDER))
    assert (at_amazon.outcome, at_ebay.outcome) == (outcome, outcome)
    assert (at_amazon.reason, at_ebay.reason) == (said, said)


@pytest.mark.failure_mode(12)
@pytest.mark.parametrize(("status", "kept"), [(200, LONGEST_ANSWER), (502, LONGEST_COMPLAINT)])
async def test_a_body_without_an_end_is_not_read_to_it(status: int, kept: int) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 16_384
            yield b"x" * 16_384

    vendor = httpx.MockTransport(lambda _request: httpx.Response(status, content=endless()))
    async with http_client(5, transport=vendor) as http:
        answer = await exchange(http, "GET", "http://vendor.invalid/", seconds=5)
    assert (len(answer.content), read <= kept + 2 * 16_384) == (kept, True)


@pytest.mark.failure_mode(15)
async def test_a_parcel_leaves_neither_in_the_future_nor_before_its_order() -> None:
    early, late = parcel(1, shipped_at=LONG_AGO), parcel(2, (2, 1), shipped_at=LATER)
    for channel in (Channel.AMAZON, Channel.EBAY):
        told = [want.payload for want in wanted(marketplace_order(channel, 1, early, late), shop())]
        assert [payload.shipped_at for payload in told if isinstance(payload, Shipment)] == [NOON, LATER]
    vendor = Scripted(httpx.Response(204), NO_FULFILLMENT, httpx.Response(201))
    await confirm(vendor, shipped_at=LATER)
    await fulfil(vendor, shipped_at=LATER)
    bodies = [orjson.loads(request.content) for request in vendor.requests if request.method == "POST"]
    dates = [bodies[0]["packageDetail"]["shipDate"], bodies[1]["shippedDate"]]
    assert dates == ["2026-03-02T12:00:00.000Z"] * 2


def counted(channel: str, field: str) -> float:
    labels = {"channel": channel, "field": field}
    return REGISTRY.get_sample_value("comptoir_vendor_unnamed_values_total", labels) or 0.0


@pytest.mark.failure_mode(16)
async def test_values_no_file_names_are_counted_and_logged_and_harm_nobody(house: Driver) -> None:
    strange, ordinary = await house.buy("amazon"), await house.buy("amazon")
    strange["fulfillment"]["fulfillmentStatus"] = "TELEPORTED"
    odd, normal = await house.buy("ebay"), await house.buy("ebay")
    odd["orderPaymentStatus"] = "PAID IN SHELLS"
    fields = [("amazon", "fulfillmentStatus"), ("ebay", "orderPaymentStatus"), ("amazon", "status")]
    before = [counted(*field) for field in fields]
    with capture_logs() as logs:
        amazon = read_amazon("cave", {"orders": [strange, ordinary]})
        ebay = read_ebay("cave", Window("cave", NOON), {"orders": [odd, normal]})
        level = read_level(httpx.Response(200, json={"status": "PONDERING", "submissionId": "s"}))
    assert [seen.order.external_id for seen in amazon.orders] == [ordinary["orderId"]]
    assert [seen.open for seen in ebay.orders] == [False, True]
    assert level.outcome == Outcome.DONE
    assert [counted(*field) for field in fields] == [number + 1 for number in before]
    said = [(log["channel"], log["kind"], log["state"]) for log in logs if log["event"] == "vendor.unnamed_value"]
    assert said == [
        ("amazon", "fulfillmentStatus", "TELEPORTED"),
        ("ebay", "orderPaymentStatus", "?"),  # no word of an enumeration: whatever it is, it is not written down
        ("amazon", "status", "PONDERING"),
    ]
