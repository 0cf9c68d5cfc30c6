"""A service that is none of ours: it binds a queue and reads what the published schemas say, and needs nothing else.

Whoever renews subscriptions, keeps a calendar of slots or pays commissions hooks in here, without a line in the house.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from deploy.local.postgres import Postgres
from services.__main__ import together
from shared.broker.embedded import EmbeddedBroker
from tests.flow.conftest import KEY, SERVICES, ready
from tests.flow.suite import Suite, order_body

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SLOT = "2031-05-04T14:30:00Z"


class Stranger:
    """An exclusive queue on the exchange, and the checked-in schemas; no code of ours."""

    def __init__(self, queue: aio_pika.abc.AbstractQueue, schemas: dict[str, Any]) -> None:
        self._queue = queue
        self._validators = {
            name: Draft202012Validator(schema, format_checker=FormatChecker()) for name, schema in schemas.items()
        }

    async def heard(self, name: str, id_: str, **wanted: Any) -> dict[str, Any]:
        """The next message of this name about this order that says what is wanted; all are held to their schemas."""
        async with asyncio.timeout(60), self._queue.iterator() as messages:
            async for message in messages:
                await message.ack()
                said = (message.routing_key or "").rsplit(".", 2)[0]
                body: dict[str, Any] = json.loads(message.body)
                self._validators[said].validate(body)
                if (said, body["id"]) == (name, id_) and all(body[field] == value for field, value in wanted.items()):
                    return body
        raise AssertionError("the queue was closed")


@asynccontextmanager
async def stranger_at(amqp_url: str, *names: str) -> AsyncIterator[Stranger]:
    """Bound to these messages of all shops."""
    connection = await aio_pika.connect(amqp_url, timeout=20)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        for name in names:
            await queue.bind("comptoir", f"{name}.*.all")
        yield Stranger(queue, {name: json.loads((SCHEMAS / f"{name}.json").read_text()) for name in names})


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real)])
async def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """Databases and a broker of this story's own, of either kind."""
    if request.param == "real":
        postgres: Postgres = request.getfixturevalue("postgres")
        for service in SERVICES:
            await postgres.create_database(f"strangers_{service}")
        yield {
            "database_url": postgres.url("strangers_{service}"),
            "amqp_url": request.getfixturevalue("rabbitmq_url"),
        }
        return
    broker = EmbeddedBroker()
    await broker.start()
    yield {"var": tmp_path, "sqlite_synchronous": "OFF", "amqp_url": broker.url}
    await broker.stop()


@pytest.fixture
async def house(addresses: dict[str, Any]) -> AsyncIterator[tuple[Suite, Stranger]]:
    """The suite, and a stranger on its broker."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(together("127.0.0.1", 0, seed=True, api_key=KEY, **addresses))
        suite = await ready(f"http://127.0.0.1:{server.port}")
        stack.push_async_callback(suite.close)
        names = ("orders.order.v1", "billing.account.v1")
        yield suite, await stack.enter_async_context(stranger_at(addresses["amqp_url"], *names))


@pytest.mark.row("S0-19", owners="O")
async def test_a_stranger_hears_kinds_slots_subscriptions_and_payments(house: tuple[Suite, Stranger]) -> None:
    suite, stranger = house
    body = order_body(("CLUB", 1), ("TOUR", 2), ("WINE", 1))
    body["lines"][0] |= {"kind": "subscription"}
    body["lines"][1] |= {"kind": "booking", "booked_for": SLOT}
    response = await suite.client.post("/api/v1/orders", json=body)
    assert response.status_code == 201, response.text
    made = response.json()

    order = await stranger.heard("orders.order.v1", made["id"])
    assert [(line["sku"], line["kind"], line.get("booked_for")) for line in order["lines"]] == [
        ("CLUB", "subscription", None),
        ("TOUR", "booking", SLOT),
        ("WINE", "product", None),
    ]
    assert (order["code"], order["deleted"], order["totals"]["gross"]) == (made["code"], False, 4800)

    await suite.settled(made["code"])
    paid = {"amount": "48.00", "currency": "EUR", "method": "card"}
    response = await suite.client.post(f"/api/v1/billing/orders/{made['code']}/payments", json=paid)
    assert response.status_code == 201, response.text
    account = await stranger.heard("billing.account.v1", made["id"], payment="paid")
    assert (account["captured"], account["currency"]) == (4800, "EUR")

    response = await suite.client.post(f"/api/v1/orders/{made['code']}/status", json={"status": "cancelled"})
    assert response.status_code == 200, response.text
    ended = await stranger.heard("orders.order.v1", made["id"], version=2)
    assert ended["status"]["type"] == "cancelled", "the slot is free again, the subscription ends"
