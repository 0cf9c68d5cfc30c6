"""Billing killed around its calls to the payment provider: one page, one refund, and nothing that nobody knows.

A real process, on PostgreSQL and RabbitMQ, dies by SIGKILL before a call and after it; the provider lives on, and has
forgotten the Idempotency-Key of the refund when the next process asks. The statuses of the order launch the refund.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from services.billing.sandbox.bank import Card
from tests.eventually import eventually
from tests.faults.dying import died, dies_again, restarted
from tests.faults.house import House
from tests.flow.suite import order_body

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]
CLAIMED, CALLED = "billing.call_claimed", "billing.called"


async def order_with_link(house: House) -> tuple[str, str]:
    """The code of a new order and the path of its payment page."""
    async with house.client("orders") as client:
        placed = await client.post("/api/v1/orders", json=order_body((f"PAY-{uuid4().hex[:8]}", 2)))
        assert placed.status_code == 201, placed.text
        code: str = placed.json()["code"]
    async with house.client("billing") as client:

        async def link() -> str:
            answer = await client.get(f"/api/v1/billing/orders/{code}/payment-link")
            assert answer.status_code == 200, answer.text
            assert answer.json()["url"], "the shop's key was not heard of yet"
            return str(urlsplit(answer.json()["url"]).path)

        return code, await eventually(link, seconds=60, every=0.2)


async def money(house: House, code: str, **expected: Any) -> dict[str, Any]:
    """Billing's account of the order, once it says this."""
    async with house.client("billing") as client:

        async def look() -> dict[str, Any]:
            try:
                answer = await client.get(f"/api/v1/billing/orders/{code}")
            except httpx.HTTPError as error:
                raise AssertionError("it is not up") from error
            found: dict[str, Any] = answer.json()
            assert found | expected == found, found
            return found

        return await eventually(look, seconds=90, every=0.2)


async def nothing_is_asked(house: House) -> None:
    """Wait until no call is due."""

    async def look() -> bool:
        [due] = await house.rows("billing", "SELECT count(*) AS n FROM provider_calls WHERE due_at IS NOT NULL")
        return bool(due["n"] == 0)

    await eventually(look, seconds=60, every=0.2)


async def refunded(house: House, code: str) -> None:
    async with house.client("orders") as client:
        command = {"status": "refunded", "decision": {"stock": "unshipped"}, "actions": {"mail": False}}
        moved = await client.post(f"/api/v1/orders/{code}/status", json=command)
        assert moved.status_code == 200, moved.text


async def test_a_page_and_a_refund_are_made_once_whenever_the_process_dies(house: House) -> None:
    bank = house.payments.bank
    await restarted(house)
    code, page = await order_with_link(house)

    await restarted(house, CLAIMED)
    await house.processes["billing"].ready()
    async with house.client("billing") as client:
        chosen = await client.post(page, data={"method": "card"})
        assert chosen.status_code == 303, chosen.text
    await dies_again(house, CALLED)
    await died(house)
    await restarted(house)
    await money(house, code, payment="pending")
    [session] = await eventually(lambda: list(bank.sessions.values()), seconds=60, every=0.2)
    bank.pay(session, Card.GOOD)
    async with house.client("billing") as client:
        charge = session["metadata"]["charge"]

        async def back() -> bool:
            await client.get(f"{page}/back/{charge}")
            found = (await client.get(f"/api/v1/billing/orders/{code}")).json()
            return bool(found["payment"] == "paid")

        await eventually(back, seconds=60, every=0.5)
    assert len(bank.sessions) == 1
    assert house.payments.calls("/checkout/sessions") > 1, "the second process asked again, under the same key"

    await nothing_is_asked(house)
    await restarted(house, CLAIMED)
    await house.processes["billing"].ready()
    await refunded(house, code)
    await dies_again(house, CALLED)
    await died(house)
    assert len(bank.refunds) == 1, "made, and nobody has written it down"
    bank.answers.clear()
    await restarted(house)
    await money(house, code, payment="refunded", refunded="24.00", warning=None)
    assert [one["amount"] for one in bank.refunds.values()] == [2400]
    async with house.client("billing") as client:
        movements = (await client.get(f"/api/v1/billing/orders/{code}/payments")).json()["items"]
        wished = (await client.get(f"/api/v1/billing/orders/{code}/money")).json()["refunds"]
    assert [(one["kind"], one["amount"]) for one in movements] == [("capture", "24.00"), ("refund", "24.00")]
    assert [one["state"] for one in wished] == ["done"]
