"""eBay beyond parcels: orders and levels by its file, answers of many parts, and the sandbox held to the same file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.notifications.channels.web import http_client
from services.notifications.domain.channel_orders import Pulled, Window
from services.notifications.domain.payloads import Level
from services.notifications.domain.results import Call, Result, Trouble
from services.notifications.domain.verbs import STOCK
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


def level_call(sku: str = "W", offer: str | None = "o-1") -> Call:
    return Call("id", "", orjson.loads(orjson.dumps(Level(sku, 4, "", offer))), verb=STOCK)


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
async def test_an_answer_has_a_status_for_each_part(
    answer: httpx.Response | Exception, expected: tuple[Outcome, Trouble | None]
) -> None:
    result = await ebay(Scripted(answer)).send(level_call())
    assert (result.outcome, result.trouble) == expected


async def test_a_sku_ebay_cannot_hold_never_leaves() -> None:
    vendor = Scripted()
    assert (await ebay(vendor).send(level_call("W" * 51))).outcome == Outcome.REJECTED
    assert vendor.requests == []


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
    for offer in ("o-1", None):
        assert (await seller.send(level_call(offer=offer))).outcome == Outcome.DONE
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
