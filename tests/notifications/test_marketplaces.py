"""Amazon's and eBay's clients against scripted vendors: every failure of a callback client has its outcome."""

from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from services.notifications.channels.web import http_client
from services.notifications.domain.payloads import Packed
from services.notifications.domain.results import Result, Trouble
from services.notifications.marketplaces.amazon import Amazon
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Outcome
from tests.notifications.counterparts import Scripted, amazon_account, call, ebay_account, shipment
from tests.notifications.driver import NOON, Clock

ACCEPTED = httpx.Response(204, headers={"x-amzn-requestid": "req-1"})
NO_ORDER = httpx.Response(404)
NO_FULFILLMENT = httpx.Response(200, json={"fulfillments": [], "total": 0})
CREATED = httpx.Response(201, json={}, headers={"location": "https://api.ebay.com/x/shipping_fulfillment/6A00012345"})


def _amazon(vendor: Scripted, **changes: Any) -> Amazon:
    http = http_client(5, transport=vendor)
    return Amazon(amazon_account(**changes), http, MemoryStore(), Clock(), seconds=5)


def _ebay(vendor: Scripted, **changes: Any) -> Ebay:
    return Ebay(ebay_account(**changes), http_client(5, transport=vendor), MemoryStore(), Clock(), seconds=5)


def _packages(tracking: str, reference: str = "1", carrier: str = "Colissimo") -> httpx.Response:
    package = {"packageReferenceId": reference, "trackingNumber": tracking, "carrier": carrier}
    return httpx.Response(200, json={"order": {"orderId": "902", "packages": [package]}})


def _brief(result: Result) -> tuple[Outcome, Trouble | None]:
    return result.outcome, result.trouble


async def test_amazon_gets_one_package_per_parcel() -> None:
    vendor = Scripted(ACCEPTED)
    late = shipment(shipped_at=NOON + timedelta(hours=1))
    result = await _amazon(vendor).send(call(late))
    assert (result.outcome, result.reference) == (Outcome.DONE, "req-1")
    [request] = vendor.requests
    assert request.url.path == "/orders/v0/orders/902-1106328-1059050/shipmentConfirmation"
    assert request.headers["x-amz-access-token"] == "token-1"
    assert orjson.loads(request.content) == {
        "marketplaceId": "A13V1IB3VIYZZH",
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "Colissimo",
            "carrierName": "Colissimo",
            "trackingNumber": "6A-0001 2345",
            "shipDate": "2026-03-02T12:00:00.000Z",  # never in the future
            "orderItems": [{"orderItemId": "79039765272157", "quantity": 1}],
        },
    }


@pytest.mark.failure_mode(9)
async def test_a_carrier_amazon_does_not_know_goes_as_other() -> None:
    vendor = Scripted(ACCEPTED, ACCEPTED)
    await _amazon(vendor).send(call(shipment(carrier="Vélo du coin")))
    await _amazon(vendor, carriers={"vélo du coin": "VELO"}).send(call(shipment(carrier="Vélo du coin")))
    details = [orjson.loads(request.content)["packageDetail"] for request in vendor.requests]
    assert [(one["carrierCode"], one["carrierName"]) for one in details] == [
        ("Other", "Vélo du coin"),
        ("VELO", "Vélo du coin"),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        shipment(tracking_number=None),
        shipment(carrier=None),
        shipment(items=()),
        shipment(items=(Packed("1", 0),)),
        shipment(items=(Packed("1", 1), Packed("1", 1))),
        shipment(number=0),
    ],
)
async def test_what_amazon_would_mishandle_never_leaves(bad: object) -> None:
    vendor = Scripted()
    result = await _amazon(vendor).send(call(bad))
    assert result.outcome == Outcome.REJECTED
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(429), (Outcome.RETRY, Trouble.BUSY)),
        (httpx.Response(500, html="<h1>oops</h1>"), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.Response(503), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.Response(400, json={"errors": [{"code": "InvalidInput"}]}), (Outcome.REJECTED, None)),
        (httpx.Response(404), (Outcome.REJECTED, None)),
        (httpx.Response(413), (Outcome.REJECTED, None)),
        (httpx.Response(302, headers={"location": "/"}), (Outcome.REJECTED, None)),
        (httpx.ConnectError("refused"), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.ConnectTimeout("slow"), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.PoolTimeout("full"), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.ReadTimeout("slow"), (Outcome.UNKNOWN, Trouble.DOWN)),
        (httpx.WriteError("cut"), (Outcome.UNKNOWN, Trouble.DOWN)),
        (httpx.RemoteProtocolError("cut"), (Outcome.UNKNOWN, Trouble.DOWN)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
@pytest.mark.failure_mode(2, 3, 10)
async def test_outcomes_of_a_call(answer: httpx.Response | Exception, expected: tuple[Outcome, Trouble | None]) -> None:
    assert _brief(await _amazon(Scripted(answer, NO_ORDER)).send(call(shipment()))) == expected
    assert _brief(await _ebay(Scripted(NO_FULFILLMENT, answer, NO_ORDER)).send(call(shipment()))) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"x-amzn-ratelimit-limit": "0.5"}, 2.0),
        ({"x-amzn-ratelimit-limit": "string"}, None),
        ({"x-amzn-ratelimit-limit": "0"}, None),
        ({"x-amzn-ratelimit-limit": "nan"}, None),
        ({"x-amzn-ratelimit-limit": "1e-300"}, 86_400.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-3", "x-amzn-ratelimit-limit": "2"}, 0.5),
        ({"retry-after": "1e300"}, 86_400.0),
        ({"retry-after": "Mon, 02 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 02 Mar 2099 11:00:00 GMT"}, 86_400.0),
        ({}, None),
    ],
)
@pytest.mark.failure_mode(1)
async def test_a_429_says_how_long(headers: dict[str, str], seconds: float | None) -> None:
    result = await _amazon(Scripted(httpx.Response(429, headers=headers))).send(call(shipment()))
    assert result.retry_after == seconds


@pytest.mark.failure_mode(3)
async def test_amazon_in_doubt_is_read_back_before_it_is_told_again() -> None:
    vendor = Scripted(_packages("6A-0001 2345"))
    result = await _amazon(vendor).send(call(shipment(), NOON))
    assert (result.outcome, result.reason, vendor.methods) == (Outcome.DONE, "found at Amazon", ["GET"])
    for shown in (_packages("another"), _packages("6A-0001 2345", carrier="DPD")):
        other = Scripted(shown, ACCEPTED)
        assert (await _amazon(other).send(call(shipment(), NOON))).outcome == Outcome.DONE
        assert other.methods == ["GET", "POST"]


@pytest.mark.failure_mode(6)
async def test_amazon_with_no_package_left_is_read_back() -> None:
    error = {"errors": [{"code": "InvalidInput", "message": "PackageToUpdateNotFound"}]}
    refused = httpx.Response(400, json=error)
    found = Scripted(refused, _packages("6A-0001 2345"))
    assert (await _amazon(found).send(call(shipment()))).outcome == Outcome.DONE
    missing = Scripted(refused, _packages("6A-0001 2345", "7"))
    assert (await _amazon(missing).send(call(shipment()))).outcome == Outcome.REJECTED
    dark = Scripted(refused, httpx.Response(503))
    assert (await _amazon(dark).send(call(shipment()))).outcome == Outcome.RETRY


@pytest.mark.failure_mode(4)
async def test_a_token_refused_in_flight_is_replaced_once() -> None:
    vendor = Scripted(httpx.Response(403), ACCEPTED)
    assert (await _amazon(vendor).send(call(shipment()))).outcome == Outcome.DONE
    assert [request.headers["x-amz-access-token"] for request in vendor.requests] == ["token-1", "token-2"]
    refused = Scripted(httpx.Response(403), httpx.Response(403))
    assert _brief(await _amazon(refused).send(call(shipment()))) == (Outcome.RETRY, Trouble.REFUSED)
    assert refused.tokens == 2


async def test_ebay_is_looked_at_before_it_is_told() -> None:
    vendor = Scripted(NO_FULFILLMENT, CREATED)
    result = await _ebay(vendor).send(call(shipment()))
    assert (result.outcome, result.reference, vendor.methods) == (Outcome.DONE, "6A00012345", ["GET", "POST"])
    assert vendor.requests[1].headers["authorization"] == "Bearer token-1"
    assert orjson.loads(vendor.requests[1].content) == {
        "lineItems": [{"lineItemId": "79039765272157", "quantity": 1}],
        "shippedDate": "2026-03-02T12:00:00.000Z",
        "shippingCarrierCode": "Colissimo",
        "trackingNumber": "6A00012345",
    }


@pytest.mark.failure_mode(6)
async def test_a_parcel_ebay_has_is_done() -> None:
    known = {"fulfillmentId": "6A00012345", "shipmentTrackingNumber": "6A00012345"}
    vendor = Scripted(httpx.Response(200, json={"fulfillments": [known]}))
    result = await _ebay(vendor).send(call(shipment()))
    assert (result.outcome, result.reference, vendor.methods) == (Outcome.DONE, "6A00012345", ["GET"])


@pytest.mark.parametrize(
    ("carrier", "outcome"), [("DPD", Outcome.REJECTED), ("COLISSIMO", Outcome.DONE), (None, Outcome.DONE)]
)
async def test_a_parcel_ebay_has_with_another_carrier_is_a_persons(carrier: str | None, outcome: Outcome) -> None:
    known = {"fulfillmentId": "6A00012345", "shippingCarrierCode": carrier}
    vendor = Scripted(httpx.Response(200, json={"fulfillments": [known]}))
    result = await _ebay(vendor).send(call(shipment()))
    assert (result.outcome, vendor.methods) == (outcome, ["GET"])
    assert (outcome is Outcome.DONE) or "with DPD, not Colissimo" in str(result.reason)


async def test_ebay_without_a_number_is_looked_at_in_doubt_only() -> None:
    bare = shipment(tracking_number=None, carrier="Colissimo")
    vendor = Scripted(httpx.Response(201, headers={"location": "/x/999"}))
    assert (await _ebay(vendor).send(call(bare))).reference == "999"
    assert vendor.methods == ["POST"]
    assert "shippingCarrierCode" not in orjson.loads(vendor.requests[0].content)
    known = {"fulfillmentId": "999", "lineItems": [{"lineItemId": "79039765272157", "quantity": 1}]}
    doubt = Scripted(httpx.Response(200, json={"fulfillments": [known]}))
    assert (await _ebay(doubt).send(call(bare, NOON))).reference == "999"


async def test_ebay_failing_without_a_number_leaves_doubt() -> None:
    result = await _ebay(Scripted(httpx.Response(500))).send(call(shipment(tracking_number=None)))
    assert result.outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    "conflict", [httpx.Response(409), httpx.Response(400, json={"errors": [{"errorId": 34500, "message": "use PUT"}]})]
)
@pytest.mark.failure_mode(6)
async def test_a_conflict_at_ebay_is_settled_by_a_look(conflict: httpx.Response) -> None:
    known = httpx.Response(200, json={"fulfillments": [{"fulfillmentId": "6A00012345"}]})
    assert (await _ebay(Scripted(NO_FULFILLMENT, conflict, known)).send(call(shipment()))).outcome == Outcome.DONE
    rejected = Scripted(NO_FULFILLMENT, conflict, NO_FULFILLMENT, NO_ORDER)
    assert (await _ebay(rejected).send(call(shipment()))).outcome == Outcome.REJECTED


async def test_a_look_without_an_answer_has_done_nothing() -> None:
    result = await _ebay(Scripted(httpx.ReadTimeout("slow"))).send(call(shipment()))
    assert _brief(result) == (Outcome.RETRY, Trouble.DOWN)
