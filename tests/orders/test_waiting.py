"""`Prefer: wait=N`: a checkout learns in the same request whether the stock suffices."""

import asyncio

import httpx
import pytest

from services.orders.api.waiting import wait_seconds
from tests.eventually import eventually
from tests.orders.driver import Driver, Json, order


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("", None),
        ("return=minimal", None),
        ("wait=5", 5),
        ("respond-async, wait=10", 10),
        ("WAIT = 7", 7),
        ("wait=300", 30),
        ("await=5", None),
    ],
)
def test_header_is_read(prefer: str | None, seconds: float | None) -> None:
    assert wait_seconds(prefer) == seconds


async def place(orders: Driver, wait: int, **more: object) -> asyncio.Task[httpx.Response]:
    """Begin to place an order; returns once it is committed and waits."""
    headers = {"Prefer": f"wait={wait}"}
    before = len(await orders.rows("orders"))
    task = asyncio.create_task(orders.http.post("/api/v1/orders", json=order(**more), headers=headers))
    await eventually(lambda: more_than(orders, before))
    return task


async def more_than(orders: Driver, before: int) -> bool:
    return len(await orders.rows("orders")) > before


async def placed(orders: Driver) -> Json:
    document: Json = (await orders.get("orders"))["items"][0]
    return document


async def test_answered_when_inventory_has(orders: Driver) -> None:
    task = await place(orders, 20)
    await orders.hear(orders.reservation(await placed(orders)))
    answer = await task
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "wait")
    assert answer.json()["facts"]["stock"] == "reserved"
    assert answer.headers["etag"] == '"1"'


async def test_cancellation_for_lack_of_stock_is_done_when_answered(orders: Driver) -> None:
    task = await place(orders, 20, on_short="cancel")
    await orders.hear(orders.reservation(await placed(orders), "short"))
    answer = await task
    assert (answer.status_code, answer.json()["status"]["type"]) == (201, "cancelled")


async def test_present_state_when_the_time_is_over(orders: Driver) -> None:
    answer = await orders.http.post("/api/v1/orders", json=order(), headers={"Prefer": "wait=0"})
    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers
    assert answer.json()["facts"]["stock"] == "none"


async def test_repeated_request_gets_the_awaited_answer(orders: Driver) -> None:
    headers = {"Prefer": "wait=20", "Idempotency-Key": "k"}
    task = asyncio.create_task(orders.http.post("/api/v1/orders", json=order(), headers=headers))
    await eventually(lambda: more_than(orders, 0))
    await orders.hear(orders.reservation(await placed(orders)))
    first = await task
    again = await orders.http.post("/api/v1/orders", json=order(), headers=headers)
    assert again.json() == first.json()
    assert again.headers["preference-applied"] == "wait"
    assert len(await orders.rows("orders")) == 1
