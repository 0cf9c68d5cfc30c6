"""Billing killed between number, commit, rendering and publication: no hole, no double, nothing left undone.

The seeds of `test_seeds` pass the same points among everything else; here one invoice meets all of them, and a credit
note by hand is asked for again by its client. A real process, on PostgreSQL and RabbitMQ, dies by SIGKILL.
"""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.eventually import eventually
from tests.faults.dying import died, dies_again, restarted
from tests.faults.house import House
from tests.flow.suite import order_body, parcel

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.timeout(300),
]
ON_THE_WAY = (
    "billing.numbered",
    "batch.before_commit",
    "batch.after_commit",
    "billing.claimed",
    "billing.rendered",
    "outbox.after_publish",
)
"""From the number to the answer that tells of the PDF, in the order in which an invoice passes them."""


async def shipped(house: House) -> str:
    """The code of an order that has just been shipped: its invoice is due."""
    async with house.client("orders") as client:
        placed = await client.post("/api/v1/orders", json=order_body((f"CRASH-{uuid4().hex[:8]}", 2)))
        assert placed.status_code == 201, placed.text
        code: str = placed.json()["code"]
        command = {"status": "shipped", "shipment": parcel("6A00000000001"), "actions": {"mail": False}}
        moved = await client.post(f"/api/v1/orders/{code}/status", json=command)
        assert moved.status_code == 200, moved.text
    return code


async def settled(house: House, code: str) -> list[dict[str, Any]]:
    """The documents of the order once every service has heard it and nothing is open."""

    async def look() -> bool:
        async with house.client("orders") as client:
            return bool((await client.get(f"/api/v1/orders/{code}")).json()["settled"])

    await eventually(look, seconds=90, every=0.2)
    async with house.client("billing") as client:
        found: list[dict[str, Any]] = (await client.get("/api/v1/billing/documents", params={"order": code})).json()[
            "items"
        ]
    return found


async def check(house: House) -> None:
    """No hole, no double, every document as it was sealed, every PDF there; one live invoice a scope."""
    async with house.client("billing") as client:
        proof = (await client.get("/api/v1/billing/verify", timeout=30)).json()
    assert proof["ok"], proof["problems"]
    rows = await house.rows("billing", "SELECT seller, series, year, count(*), max(n) FROM documents GROUP BY 1, 2, 3")
    assert all(row["count"] == row["max"] for row in rows), rows
    [left] = await house.rows("billing", "SELECT count(*) AS n FROM renderings WHERE sha256 IS NULL")
    assert left["n"] == 0


async def test_an_invoice_survives_every_death_on_its_way(house: House) -> None:
    """The process that takes over dies at the next point, and so on until nobody dies any more."""
    first, *others = ON_THE_WAY
    await restarted(house, first)
    code = await shipped(house)
    for point in others:
        await dies_again(house, point)
    await died(house)
    await restarted(house)
    documents = await settled(house, code)
    assert [(one["kind"], one["generation"], one["totals"]["gross"]) for one in documents] == [("invoice", 1, "24.00")]
    assert documents[0]["sha256"] is not None
    await check(house)


async def test_a_credit_note_whose_client_asks_again_is_issued_once(house: House) -> None:
    await restarted(house)
    code = await shipped(house)
    [invoice] = await settled(house, code)
    await restarted(house, "billing.numbered")
    await house.processes["billing"].ready()
    path, body = f"/api/v1/billing/documents/{invoice['id']}/credit-notes", {"reason": "Geste", "amount": "4.00"}
    headers = {"Idempotency-Key": uuid4().hex}
    async with house.client("billing") as client:
        with pytest.raises(httpx.HTTPError):
            await client.post(path, json=body, headers=headers)
    await died(house)
    await restarted(house)
    async with house.client("billing") as client:
        answers = [await client.post(path, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert [one["kind"] for one in await settled(house, code)] == ["invoice", "credit_note"]
    await check(house)
