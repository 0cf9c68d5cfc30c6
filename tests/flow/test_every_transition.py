"""A walk through every pair of types: what may be done settles right, what may not is refused and changes nothing.

The table is transcribed from the status model, independent of the code's own.
"""

import asyncio

import httpx
import pytest

from tests.flow.suite import Suite, parcel

OPEN = ("received", "awaiting_payment", "confirmed", "processing", "ready", "on_hold", "other")
OUT = ("partially_shipped", "shipped", "delivered", "completed", "closed")
BACK = ("cancelled", "returned", "refunded")
TYPES = ("draft", *OPEN, *OUT, *BACK)
NEEDS_PARCEL = ("partially_shipped", "shipped", "delivered", "completed")
UNITS = 3


def refused(start: str, end: str) -> bool:
    """The pairs that no decision allows."""
    if start == end:
        return False
    if end == "draft":
        return True
    if start == "draft":
        return end in {"partially_shipped", "closed", "returned", "refunded"}
    if start in OPEN:
        return end == "returned"
    return start in BACK and end == "partially_shipped"


def starts_from(start: str) -> str:
    """The status from which a fresh order may be brought to `start`."""
    return "shipped" if start in {"returned"} else "draft" if start == "draft" else "received"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", TYPES)
async def test_every_end_from(suite: Suite, start: str) -> None:
    sku = await suite.product(stock=1000)
    turns = asyncio.Semaphore(8)

    async def one(end: str) -> None:
        async with turns:
            await _walk(suite, sku, start, end)

    await asyncio.gather(*(one(end) for end in TYPES))
    stock = await suite.stock(sku)
    assert 0 <= stock["allocated"] == stock["demand"]


async def _walk(suite: Suite, sku: str, start: str, end: str) -> None:
    code = await _bring_to(suite, sku, start)
    before = await suite.settled(code)
    # Going back among the shipped ones brings nothing back; everywhere else all of it is decided anew.
    gone = {"shipped", "delivered", "completed"}
    response = await _try(suite, code, end, stock="unshipped" if {start, end} <= gone else "all")
    if refused(start, end):
        assert response.status_code == 409, (start, end, response.text)
        assert end not in response.json()["allowed"]
        after = await suite.order(code)
        assert (after["status"], after["version"]) == (before["status"], before["version"])
        return
    assert response.status_code == 200, (start, end, response.text)
    after = await suite.settled(code)
    assert after["status"]["type"] == end
    _check_levels(start, end, after)


async def _bring_to(suite: Suite, sku: str, start: str) -> str:
    first = "draft" if start == "draft" else None
    order = await suite.placed((sku, UNITS), channel="manual", **({"status": first} if first else {}))
    code: str = order["code"]
    if start == "returned":
        assert (await _try(suite, code, "shipped")).status_code == 200
    if start not in {"draft", "received"}:
        response = await _try(suite, code, start)
        assert response.status_code == 200, (start, response.text)
    return code


async def _try(suite: Suite, code: str, end: str, stock: str = "all") -> httpx.Response:
    """Ask for the change; with a decision where one is asked for."""
    command: dict[str, object] = {"status": end}
    if end in NEEDS_PARCEL:
        command["shipment"] = await _shipment(suite, code, end)
    path = f"/api/v1/orders/{code}/status"
    response = await suite.client.post(path, json={name: value for name, value in command.items() if value})
    if response.status_code == 409 and response.json()["type"].endswith("decision-required"):
        decided = {name: value for name, value in command.items() if value} | {"decision": {"stock": stock}}
        response = await suite.client.post(path, json=decided)
    return response


async def _shipment(suite: Suite, code: str, end: str) -> dict[str, object] | None:
    """A parcel, if anything may still be sent: one unit for a part, else all that is left."""
    order = await suite.order(code)
    line = order["lines"][0]
    left = line["quantity"] - line["shipped"] + line["restocked"]
    if left <= 0:
        return None
    return parcel("6A00000000009", *(((line["id"], 1),) if end == "partially_shipped" else ()))


def _check_levels(start: str, end: str, order: dict[str, object]) -> None:
    facts = order["facts"]
    assert isinstance(facts, dict)
    if end in BACK or end == "closed" or end == "draft":
        assert facts["stock"] in {"none", "committed"}, (start, end, facts)
    elif end in {"shipped", "delivered", "completed"}:
        assert facts["stock"] == "committed", (start, end, facts)
        assert facts["invoice"] == "issued", (start, end, facts)
    elif start in {"draft", *OPEN} and end in OPEN:
        assert facts["stock"] == "reserved", (start, end, facts)
        assert facts["invoice"] == "none", (start, end, facts)
    if end == "cancelled":
        assert facts["invoice"] in {"none", "credited"}, (start, end, facts)
