"""eBay beyond parcels: orders and levels by its file, answers of many parts, and the sandbox held to the same file."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from services.notifications.channels.web import http_client
from services.notifications.domain.channel_orders import Pulled, Window
from services.notifications.domain.payloads import Level, Refunding
from services.notifications.domain.results import Call, Result, Trouble
from services.notifications.domain.verbs import REFUND, STOCK
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Outcome
from tests.notifications.counterparts import Scripted, ebay_account
from tests.notifications.driver import NOON, Clock, Driver
from tests.notifications.test_vendors_files import WithTokens
from tests.notifications.vendors_schemas import complaints

Prism = Callable[[str], str]
FULFILLMENT = "ebay/sell_fulfillment_v1_oas3.json"
INVENTORY = "ebay/sell_inventory_v1_oas3.json"
WINDOW = Window("cave", NOON)


def ebay(transport: httpx.AsyncBaseTransport, base: str = "http://vendor.invalid") -> Ebay:
    account = ebay_account(base, inventory_url=base)
    return Ebay(account, http_client(10, transport=transport), MemoryStore(), Clock(), seconds=10)


def level_call(sku: str = "W", offer: str | None = "o-1", **price: str) -> Call:
    return Call("id", "", orjson.loads(orjson.dumps(Level(sku, 4, "", offer, **price))), verb=STOCK)


def parts(*statuses: int) -> httpx.Response:
    said = [{"sku": "W", "statusCode": one, "errors": [{"errorId": 25002, "message": "often"}]} for one in statuses]
    return httpx.Response(207, json={"responses": said})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (parts(200, 400), (Outcome.REJECTED, None)),
        (parts(500), (Outcome.RETRY, Trouble.DOWN)),
        (parts(200), (Outcome.DONE, None)),
        (httpx.Response(200, json={}), (Outcome.DONE, None)),
        (httpx.Response(429), (Outcome.RETRY, Trouble.BUSY)),
        (httpx.ReadTimeout("slow"), (Outcome.UNKNOWN, Trouble.DOWN)),
    ],
)
@pytest.mark.failure_mode(11)
async def test_an_answer_has_a_status_for_each_part(
    answer: httpx.Response | Exception, expected: tuple[Outcome, Trouble | None]
) -> None:
    result = await ebay(Scripted(answer)).send(level_call())
    assert (result.outcome, result.trouble) == expected


def refund_call(item: str = "item-1", gross: int = 1200, **changes: Any) -> Call:
    payload = orjson.loads(orjson.dumps(Refunding("12-1", item, "EUR", gross, 1, 1)))
    return Call("id", "CO-1", payload, verb=REFUND, **changes)


def with_key(vendor: httpx.AsyncBaseTransport, base: str = "http://vendor.invalid") -> Ebay:
    """A seller whom eBay gave a key to sign with."""
    key = SecretStr(base64.b64encode(bytes(32)).decode())
    account = ebay_account(base, signature_key=SecretStr("jwe"), private_key=key)
    return Ebay(account, http_client(10, transport=vendor), MemoryStore(), Clock(), seconds=10)


def refusal(code: int) -> httpx.Response:
    return httpx.Response(400, json={"errors": [{"errorId": code, "message": "no"}]})


def order(**more: Any) -> httpx.Response:
    return httpx.Response(200, json={"orderId": "12-1", **more})


@pytest.mark.parametrize(
    ("answer", "outcome", "person"),
    [
        (httpx.Response(200, json={"refundId": "5", "refundStatus": "PENDING"}), Outcome.UNKNOWN, False),
        (httpx.Response(200, json={"refundId": "5", "refundStatus": "FAILED"}), Outcome.REJECTED, False),
        (refusal(34917), Outcome.DONE, False),
        (refusal(34922), Outcome.RETRY, False),
        (refusal(34915), Outcome.REJECTED, False),
        (httpx.ReadTimeout("slow"), Outcome.UNKNOWN, False),
    ],
)
async def test_what_ebay_says_of_a_refund(answer: httpx.Response | Exception, outcome: Outcome, person: bool) -> None:
    result = await with_key(Scripted(answer)).send(refund_call())
    assert (result.outcome, result.person) == (outcome, person)


def made(status: str) -> httpx.Response:
    return order(paymentSummary={"refunds": [{"refundId": "5", "refundStatus": status}]})


PAID_BACK = order(lineItems=[{"lineItemId": "item-1", "refunds": [{"amount": {"value": "12.0"}}]}])


@pytest.mark.parametrize(
    ("shown", "call", "outcome", "person"),
    [
        (made("REFUNDED"), "5", Outcome.DONE, False),
        (made("FAILED"), "5", Outcome.REJECTED, False),
        (made("PENDING"), "5", Outcome.UNKNOWN, False),
        (PAID_BACK, None, Outcome.DONE, False),
        (order(), None, Outcome.UNKNOWN, True),
    ],
)
async def test_a_refund_under_way_is_only_looked_at(
    shown: httpx.Response, call: str | None, outcome: Outcome, person: bool
) -> None:
    vendor = Scripted(shown)
    result = await with_key(vendor).send(refund_call(reference=call, unsure_since=NOON))
    assert (result.outcome, result.person, vendor.methods) == (outcome, person, ["GET"])


@pytest.mark.parametrize(("items", "outcome"), [((), Outcome.DONE), (("5",), Outcome.UNKNOWN)])
async def test_a_refund_of_delivery_is_one_that_is_no_items(items: tuple[str, ...], outcome: Outcome) -> None:
    lines = [{"lineItemId": "item-1", "refunds": [{"refundId": name, "amount": {"value": "4.5"}} for name in items]}]
    refunds = [{"refundId": "5", "refundStatus": "REFUNDED", "amount": {"value": "4.5", "currency": "EUR"}}]
    vendor = Scripted(order(lineItems=lines, paymentSummary={"refunds": refunds}))
    result = await with_key(vendor).send(refund_call("shipping", 450, unsure_since=NOON))
    assert result.outcome == outcome


async def test_refunds_need_the_sellers_key() -> None:
    vendor = Scripted()
    assert (await ebay(vendor).send(refund_call())).outcome == Outcome.REJECTED
    assert vendor.requests == []


@pytest.mark.slow
async def test_prism_accepts_our_refund(prism: Prism) -> None:
    seller = with_key(WithTokens(), prism(FULFILLMENT))
    for item in ("item-1", "shipping"):
        assert (await seller.send(refund_call(item))).outcome == Outcome.UNKNOWN  # taken, and made later
    await seller.close()


async def test_a_sku_ebay_cannot_hold_never_leaves() -> None:
    vendor = Scripted()
    assert (await ebay(vendor).send(level_call("W" * 51))).outcome == Outcome.REJECTED
    assert vendor.requests == []


async def test_a_price_goes_with_the_offers_quantity_as_ebays_file_says(specs_dir: Path) -> None:
    vendor = Scripted(parts(200))
    await ebay(vendor).send(level_call(price="18.50", currency="EUR"))
    body = orjson.loads(vendor.requests[0].content)
    price = {"value": "18.50", "currency": "EUR"}
    assert body["requests"][0]["offers"] == [{"offerId": "o-1", "availableQuantity": 4, "price": price}]
    assert complaints(specs_dir / INVENTORY, "BulkPriceQuantity", body) == []


@pytest.mark.failure_mode(4)
async def test_consent_that_is_lost_is_not_asked_for_in_a_loop() -> None:
    calls = []

    def refuse(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(400, json={"error": "invalid_grant"})

    result = await ebay(httpx.MockTransport(refuse)).pull(WINDOW)
    assert isinstance(result, Result)
    assert (result.trouble, len(calls)) == (Trouble.REFUSED, 1)


@pytest.mark.slow
async def test_prism_accepts_our_questions_and_levels(prism: Prism) -> None:
    reader = ebay(WithTokens(), prism(FULFILLMENT))
    assert isinstance(await reader.pull(WINDOW), Pulled)
    await reader.close()
    seller = ebay(WithTokens(), prism(INVENTORY))
    for level in (level_call(), level_call(offer=None), level_call(price="18.50", currency="EUR")):
        assert (await seller.send(level)).outcome == Outcome.DONE
    await seller.close()


async def test_the_sandbox_answers_as_ebays_files_say(house: Driver, specs_dir: Path) -> None:
    bought = await house.buy("ebay", quantity=2, shipping="3.00")
    form = {"grant_type": "refresh_token", "refresh_token": "r"}
    granted = await house.http.post("/sandbox/ebay/identity/v1/oauth2/token", data=form, auth=("id", "secret"))
    headers = {"Authorization": f"Bearer {granted.json()['access_token']}", "Content-Type": "application/json"}
    base = "/sandbox/ebay/sell/fulfillment/v1"

    async def get(path: str, **params: Any) -> Any:
        return (await house.http.get(f"{base}{path}", params=params, headers=headers)).json()

    body = {"lineItems": [{"lineItemId": bought["lineItems"][0]["lineItemId"], "quantity": 1}]}
    path = f"/order/{bought['orderId']}/shipping_fulfillment"
    assert (await house.http.post(f"{base}{path}", json=body, headers=headers)).status_code == 201
    found = await get("/order", filter="lastmodifieddate:[2026-01-01T00:00:00.000Z..]")
    assert found["orders"][0]["orderFulfillmentStatus"] == "IN_PROGRESS"
    assert complaints(specs_dir / FULFILLMENT, "OrderSearchPagedCollection", found) == []
    listed = await get(path)
    assert complaints(specs_dir / FULFILLMENT, "ShippingFulfillmentPagedCollection", listed) == []
    wrong = await get("/order", filter="nonsense")
    assert complaints(specs_dir / FULFILLMENT, "Error", wrong["errors"][0]) == []
    item = {"sku": "W", "shipToLocationAvailability": {"quantity": 3}}
    url = "/sandbox/ebay/sell/inventory/v1/bulk_update_price_quantity"
    said = (await house.http.post(url, json={"requests": [item]}, headers=headers)).json()
    assert complaints(specs_dir / INVENTORY, "BulkPriceQuantityResponse", said) == []
