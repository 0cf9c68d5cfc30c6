"""An order cancelled at eBay: asked for once, a buyer's request approved, left to a person where eBay would refuse."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from services.notifications.channels.web import http_client
from services.notifications.domain.payloads import Cancelling
from services.notifications.domain.results import Call, Result, Trouble
from services.notifications.domain.verbs import CANCEL
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.marketplaces.tokens import MemoryStore
from shared.contracts import Channel, Invoicing, Levels, Marketplace, Order, Outcome
from tests.notifications.counterparts import Scripted, ebay_account
from tests.notifications.driver import NOON, Clock, Driver, line, marketplace_order

CANCELLED = Levels(payable=False, invoicing=Invoicing.CREDIT, marketplace=Marketplace.CANCELLED)
KEY = {"signature_key": SecretStr("jwe"), "private_key": SecretStr(base64.b64encode(bytes(32)).decode())}


async def bought(house: Driver, quantity: int = 2) -> str:
    order = await house.buy("ebay", quantity=quantity)
    return str(order["orderId"])


def cancelled(external: str, version: int = 1) -> Order:
    return marketplace_order(Channel.EBAY, version, external_id=external, lines=(line(1),), levels=CANCELLED)


async def requests(house: Driver) -> list[str]:
    """The calls that changed something."""
    return [call["request"]["path"] for call in await house.calls("ebay")]


async def settle(house: Driver, clock: Clock) -> None:
    for _ in range(3):
        await house.deliver()
        clock.forward(minutes=6)


async def test_a_sellers_cancellation_is_asked_for_once_and_followed_to_its_end(house: Driver, clock: Clock) -> None:
    await house.hear(cancelled(await bought(house)))
    await house.deliver()
    [item] = (await house.answer()).items
    assert (item.outcome, item.reason) == (Outcome.UNKNOWN, "eBay is cancelling the order")
    await settle(house, clock)
    assert await house.outcomes() == [("ebay", "done")]
    assert await requests(house) == ["/ebay/post-order/v2/cancellation"]


async def test_a_cancellation_taken_without_an_answer_is_found(house: Driver, clock: Clock) -> None:
    await house.hear(cancelled(await bought(house)))
    await house.fault("ebay", "garbage")  # taken, and answered with a page of HTML
    await settle(house, clock)
    assert await house.outcomes() == [("ebay", "done")]
    assert len(await requests(house)) == 1


async def test_what_the_buyer_asks_is_reported_and_then_approved(house: Driver, clock: Clock) -> None:
    """For eBay counts a seller's own cancellation against the seller."""
    await house.settle_channel("ebay")
    external = await bought(house)
    await house.http.patch(f"/sandbox/ebay/orders/{external}", json={"cancel_requested": True})
    await house.pull()
    [said] = await house.shown()
    assert (said.external_id, said.cancel_requested, said.cancelled) == (external, True, False)
    await house.hear(cancelled(external))
    await settle(house, clock)
    assert await house.outcomes() == [("ebay", "done")]
    [path] = await requests(house)
    assert path.startswith("/ebay/post-order/v2/cancellation/5")
    assert path.endswith("/approve")


async def test_what_ebay_cancelled_itself_is_found(house: Driver, clock: Clock) -> None:
    external = await bought(house)
    await house.http.patch(f"/sandbox/ebay/orders/{external}", json={"cancelled": True})
    await house.hear(cancelled(external))
    await house.deliver()
    assert await house.outcomes() == [("ebay", "done")]
    assert await requests(house) == []


@pytest.mark.parametrize(("days", "outcome"), [(20, "rejected"), (40, "rejected"), (None, "done")])
async def test_the_window_is_the_accounts(house: Driver, clock: Clock, days: int | None, outcome: str) -> None:
    """Longer than eBay's own 30 days, and it is eBay that refuses."""
    await house.settle_channel("ebay", cancel_days=days)
    external = await bought(house)
    clock.forward(days=25 if days != 40 else 35)
    await house.hear(cancelled(external))
    await settle(house, clock)
    assert await house.outcomes() == [("ebay", outcome)]
    [item] = (await house.answer()).items
    if days == 20:
        assert str(item.reason).startswith(
            "eBay lets an order be cancelled for 20 days: pay it back instead, or cancel"
        )
    if days == 40:
        assert item.reason == "eBay does not cancel it: CANCEL_WINDOW_ELAPSED"


def shown(state: str = "NONE_REQUESTED", **more: Any) -> httpx.Response:
    order = {"orderId": "12-1", "creationDate": "2026-03-01T12:00:00.000Z", "cancelStatus": {"cancelState": state}}
    return httpx.Response(200, json=order | more)


async def cancel(vendor: Scripted, **account: Any) -> Result:
    ebay = Ebay(ebay_account(**account), http_client(5, transport=vendor), MemoryStore(), Clock(), seconds=5)
    payload = orjson.loads(orjson.dumps(Cancelling("12-1", ())))
    return await ebay.send(Call("id", "CO-1", payload, verb=CANCEL, since=NOON - timedelta(hours=1)))


async def test_without_a_key_to_sign_with_a_person_is_told_what_to_do() -> None:
    vendor = Scripted(shown())
    result = await cancel(vendor)
    assert result.outcome == Outcome.REJECTED
    assert "signature_key" in str(result.reason)
    assert "Seller Hub" in str(result.reason)
    assert vendor.methods == ["GET"]


async def test_what_is_asked_of_ebay() -> None:
    paid = {"payments": [{"paymentDate": "2026-03-01T12:01:00.000Z"}]}
    site = [{"lineItemId": "1", "purchaseMarketplaceId": "EBAY_FR"}]
    vendor = Scripted(shown(paymentSummary=paid, lineItems=site), httpx.Response(201, json={"cancelId": "5001"}))
    result = await cancel(vendor, **KEY)
    assert (result.outcome, result.reference) == (Outcome.UNKNOWN, "5001")
    asked = vendor.requests[1]
    assert str(asked.url) == "https://api.ebay.com/post-order/v2/cancellation"
    assert (asked.headers["authorization"], asked.headers["x-ebay-c-marketplace-id"]) == ("IAF token-1", "EBAY_FR")
    assert "content-digest" in asked.headers["signature-input"]
    assert orjson.loads(asked.content) == {
        "legacyOrderId": "12-1",
        "cancelReason": "OUT_OF_STOCK_OR_CANNOT_FULFILL",
        "buyerPaid": True,
        "buyerPaidDate": {"value": "2026-03-01T12:01:00.000Z"},
    }


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((shown("IN_PROGRESS"),), (Outcome.UNKNOWN, None)),
        ((httpx.Response(503),), (Outcome.RETRY, Trouble.DOWN)),
        ((shown(), httpx.Response(429)), (Outcome.RETRY, Trouble.BUSY)),
        ((shown(), httpx.Response(500)), (Outcome.RETRY, Trouble.DOWN)),
        ((shown(), httpx.ReadTimeout("slow")), (Outcome.UNKNOWN, Trouble.DOWN)),
        ((shown(), httpx.Response(400, json={"error": [{"errorId": 1501}]})), (Outcome.REJECTED, None)),
        (
            (shown(), httpx.Response(200, json={"orderEligibilityResult": {"eligible": False}})),
            (Outcome.REJECTED, None),
        ),
    ],
)
async def test_outcomes(answers: tuple[httpx.Response | Exception, ...], expected: tuple[Outcome, Trouble]) -> None:
    result = await cancel(Scripted(*answers), **KEY)
    assert (result.outcome, result.trouble) == expected


async def test_a_cancellation_that_exists_is_followed() -> None:
    exists = {"orderEligibilityResult": {"eligible": False, "failureReason": ["CANCELLATION_EXIST"]}}
    result = await cancel(Scripted(shown(), httpx.Response(200, json=exists)), **KEY)
    assert (result.outcome, result.retry_after) == (Outcome.UNKNOWN, 300)
