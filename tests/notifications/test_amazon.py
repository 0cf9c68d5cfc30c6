"""Amazon beyond parcels: orders as its file shows them, levels of stock, and the sandbox held to the same file."""

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
from services.notifications.marketplaces.amazon import Amazon
from services.notifications.marketplaces.amazon.orders import read_page
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Channel, Outcome
from tests.notifications.counterparts import Scripted, amazon_account
from tests.notifications.driver import NOON, Clock, Driver, marketplace_order, parcel, product
from tests.notifications.test_vendors_files import WithTokens
from tests.notifications.vendors_schemas import complaints

Prism = Callable[[str], str]
SEARCH = "/orders/2026-01-01/orders"
ORDERS = "amazon/orders_2026-01-01.json"
LISTINGS = "amazon/listingsItems_2021-08-01.json"
WINDOW = Window("cave", NOON)
LEVEL = Level("WINE/1", 4, "WINE")


def amazon(transport: httpx.AsyncBaseTransport, base: str = "http://vendor.invalid", **changes: Any) -> Amazon:
    account = amazon_account(base, **{"seller_id": "A1SELLER"} | changes)
    return Amazon(account, http_client(10, transport=transport), MemoryStore(), Clock(), seconds=10)


def level_call(level: Level = LEVEL) -> Call:
    return Call("id", "", orjson.loads(orjson.dumps(level)), verb=STOCK)


def published(specs: Path) -> list[dict[str, Any]]:
    """The answers to `searchOrders` in Amazon's own file."""
    responses = orjson.loads((specs / ORDERS).read_bytes())["paths"][SEARCH]["get"]["responses"]
    return [case["response"] for case in responses["200"]["x-amzn-api-sandbox"]["static"]]


def test_amazons_published_orders_are_understood(specs_dir: Path) -> None:
    documents = published(specs_dir)
    assert len(documents) == 3
    orders = {seen.order.external_id: seen for document in documents for seen in read_page("cave", document).orders}
    japan = orders["250-1234567-8901234"]
    assert (japan.open, japan.order.currency, japan.order.customer.name) == (False, "JPY", "John Smith")
    assert [(line.sku, line.quantity, str(line.unit_price)) for line in japan.order.lines] == [
        ("ECHO-DOT-4-JP-CHARCOAL", 1, "5980"),
        ("FIRE-TV-4K-MAX-JP", 2, "6980"),
    ]
    assert sum(len(document["orders"]) for document in documents) == len(orders)


def test_an_order_that_is_not_understood_holds_up_no_other(specs_dir: Path) -> None:
    document = published(specs_dir)[0]
    strange = [
        {"orderId": "1"},
        {"orderId": "2", "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}, "orderItems": [{}]},
    ]
    page = read_page("cave", {"orders": strange + document["orders"], "pagination": {"nextToken": ""}})
    assert [seen.order.external_id for seen in page.orders] == ["250-1234567-8901234"]
    assert page.page is None


@pytest.mark.failure_mode(16)
def test_a_status_amazon_invents_is_neither_open_nor_cancelled(specs_dir: Path) -> None:
    document = published(specs_dir)[0]
    document["orders"][0]["fulfillment"]["fulfillmentStatus"] = "TELEPORTED"
    assert read_page("cave", document).orders == ()


def test_discounts_are_shared_among_the_units(specs_dir: Path) -> None:
    document = published(specs_dir)[0]
    item = document["orders"][0]["orderItems"][1]
    item["proceeds"]["breakdowns"].append({"type": "DISCOUNT", "subtotal": {"amount": "-60", "currencyCode": "JPY"}})
    [seen] = read_page("cave", document).orders
    assert seen.order.lines[1].unit_price == 6950


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(429, headers={"retry-after": "9"}), (Outcome.RETRY, Trouble.BUSY)),
        (httpx.Response(503), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.Response(200, html="<h1>oops</h1>"), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.ReadTimeout("slow"), (Outcome.RETRY, Trouble.DOWN)),
        (httpx.Response(400, json={"errors": [{"code": "InvalidInput"}]}), (Outcome.REJECTED, None)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_reading_that_fails_has_done_nothing(
    answer: httpx.Response | Exception, expected: tuple[Outcome, Trouble | None]
) -> None:
    result = await amazon(Scripted(answer)).pull(WINDOW)
    assert isinstance(result, Result)
    assert (result.outcome, result.trouble) == expected


@pytest.mark.failure_mode(11)
async def test_a_level_amazon_calls_invalid_is_rejected_in_its_words() -> None:
    issue = {"code": "99", "message": "quantity is too great", "severity": "ERROR", "categories": []}
    body = {"sku": "W", "status": "INVALID", "submissionId": "s", "issues": [issue]}
    result = await amazon(Scripted(httpx.Response(200, json=body))).send(level_call())
    assert (result.outcome, result.reason) == (Outcome.REJECTED, "INVALID: quantity is too great")


async def test_levels_need_to_know_the_seller() -> None:
    result = await amazon(Scripted(), seller_id=None).send(level_call())
    assert result.outcome == Outcome.REJECTED


@pytest.mark.slow
async def test_prism_accepts_our_questions_and_levels(prism: Prism) -> None:
    reader = amazon(WithTokens(), prism(ORDERS))
    for window in (WINDOW, Window("cave", NOON, "token")):
        assert isinstance(await reader.pull(window), Pulled)
    await reader.close()
    seller = amazon(WithTokens(), prism(LISTINGS))
    assert (await seller.send(level_call())).outcome == Outcome.DONE
    await seller.close()


async def test_the_sandbox_answers_as_amazons_files_say(house: Driver, specs_dir: Path) -> None:
    bought = await house.buy("amazon", quantity=2, shipping="3.00")
    form = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c", "client_secret": "s"}
    token = (await house.http.post("/sandbox/amazon/auth/o2/token", data=form)).json()["access_token"]
    headers, base = {"x-amz-access-token": token}, "/sandbox/amazon"
    item = bought["orderItems"][0]["orderItemId"]

    def detail(reference: str, quantity: int) -> dict[str, Any]:
        return {
            "marketplaceId": "A13V1IB3VIYZZH",
            "packageDetail": {
                "packageReferenceId": reference,
                "carrierCode": "UPS",
                "trackingNumber": f"T{reference}",
                "shipDate": "2026-03-02T12:00:00Z",
                "orderItems": [{"orderItemId": item, "quantity": quantity}],
            },
        }

    confirm = f"{base}/orders/v0/orders/{bought['orderId']}/shipmentConfirmation"
    answers = [
        (await house.http.post(confirm, json=detail(reference, quantity), headers=headers)).status_code
        for reference, quantity in (("1", 1), ("2", 5), ("2", 1), ("3", 1), ("1", 1))
    ]
    assert answers == [204, 400, 204, 400, 204]  # too many; nothing is left; an edit
    order = (await house.http.get(f"{base}{SEARCH}/{bought['orderId']}", headers=headers)).json()
    assert order["order"]["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    await house.http.patch(f"/sandbox/amazon/orders/{bought['orderId']}", json={"cancel_requested": True})
    asked = {"lastUpdatedAfter": "2026-01-01T00:00:00Z", "marketplaceIds": "A13V1IB3VIYZZH"}
    found = (await house.http.get(f"{base}{SEARCH}", params=asked, headers=headers)).json()
    assert complaints(specs_dir / ORDERS, "SearchOrdersResponse", found) == []
    assert complaints(specs_dir / ORDERS, "GetOrderResponse", order) == []
    unknown = await house.http.get(f"{base}{SEARCH}", params=asked | {"paginationToken": "x"}, headers=headers)
    assert complaints(specs_dir / ORDERS, "ErrorList", unknown.json()) == []
    patch = {"productType": "P", "patches": [{"op": "replace", "path": "/attributes/x", "value": [{"quantity": 3}]}]}
    url = f"{base}/listings/2021-08-01/items/A1/W?marketplaceIds=A13V1IB3VIYZZH"
    for quantity, status in ((3, "ACCEPTED"), ("many", "INVALID")):
        patch["patches"][0]["value"] = [{"quantity": quantity}]  # type: ignore[index]
        said = (await house.http.patch(url, json=patch, headers=headers)).json()
        assert said["status"] == status
        assert complaints(specs_dir / LISTINGS, "ListingsItemSubmissionResponse", said) == []


@pytest.mark.failure_mode(8)
async def test_an_order_that_was_cancelled_there_is_not_confirmed(house: Driver) -> None:
    """The marketplace says no; a person has to look, and nothing is tried again."""
    bought = await house.buy("amazon")
    await house.http.patch(f"/sandbox/amazon/orders/{bought['orderId']}", json={"cancelled": True})
    await house.hear(product("wine-1"), marketplace_order(Channel.AMAZON, 1, parcel(1), external_id=bought["orderId"]))
    await house.deliver()
    [item] = (await house.answer()).items
    assert (item.outcome, item.attempts) == (Outcome.REJECTED, 1)
    assert "cancelled" in str(item.reason)
