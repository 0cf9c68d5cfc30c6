"""The sweep on a real queue: who lags and has drained is told again, the others are left in peace."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select

from services.orders.jobs import LagSweep
from services.orders.settings import Settings
from services.orders.tables import outbox
from services.orders.wiring import build
from shared.broker import Bus, Subscription
from shared.broker.embedded import EmbeddedBroker
from shared.contracts import Order
from tests.eventually import eventually
from tests.orders.driver import Clock, Driver

Listen = Callable[[str], Awaitable[list[Order]]]
"""Start a service of that name that hears orders and answers nothing; the list fills with what it heard."""


@pytest.fixture
async def broker() -> AsyncIterator[EmbeddedBroker]:
    server = EmbeddedBroker()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def listen(broker: EmbeddedBroker) -> AsyncIterator[Listen]:
    async with AsyncExitStack() as stack:

        async def start(service: str) -> list[Order]:
            heard: list[Order] = []

            async def submit(body: bytes) -> None:
                heard.append(Order.decode(body))

            bus = Bus(broker.url, service=service)
            bus.subscribe(Subscription(service, Order.name), submit)
            await bus.start()
            stack.push_async_callback(bus.stop)
            await bus.connected.wait()
            return heard

        yield start


@pytest.fixture
async def orders(database_url: str, broker: EmbeddedBroker) -> AsyncIterator[Driver]:
    """The service with its place on the broker; it publishes, but runs no job by itself."""
    clock = Clock()
    settings = Settings(database_url=database_url, sqlite_synchronous="OFF", amqp_url=broker.url)
    driver = Driver(build(settings, clock), clock)
    await driver.open_shop("cave", "a-secret-of-the-administrator")
    await driver.service.outbox.start()
    await driver.service.bus.start()
    await driver.service.bus.connected.wait()
    yield driver
    await driver.close()


async def sent(orders: Driver) -> None:
    """What is still in the outbox is not lost, and not said again."""

    async def empty() -> bool:
        async with orders.service.db.read() as conn:
            return (await conn.execute(select(outbox.c.key).where(outbox.c.message == Order.name))).first() is None

    await eventually(empty)


async def test_lost_message_is_said_again_to_who_has_drained(orders: Driver, listen: Listen) -> None:
    inventory = await listen("inventory")
    sweep = LagSweep(orders.service.outbox, orders.service.bus, Settings())
    made = await orders.place()
    await eventually(lambda: len(inventory) == 1)
    await sent(orders)
    assert await sweep.run() == 0, "it may still answer"
    orders.clock.advance(seconds=16)
    assert await sweep.run() == 1, "inventory's queue is empty; the others have none that could be"
    await eventually(lambda: len(inventory) == 2)
    assert [message.version for message in inventory] == [1, 1]
    await sent(orders)

    assert await sweep.run() == 0, "the back-off"
    orders.clock.advance(seconds=31)
    assert await sweep.run() == 1
    await orders.hear(orders.reservation(made))
    orders.clock.advance(hours=2)
    assert await sweep.run() == 0, "inventory has answered"


async def test_lost_account_is_asked_of_billing(orders: Driver, listen: Listen) -> None:
    billing, notifications = await listen("billing"), await listen("notifications")
    sweep = LagSweep(orders.service.outbox, orders.service.bus, Settings())
    made = await orders.place()
    await orders.settle(made)
    await orders.hear(orders.account(made, "paid", captured=3750))
    await eventually(lambda: len(billing) == len(notifications) == 1)
    await sent(orders)
    orders.clock.advance(seconds=16)
    assert await sweep.run() == 1
    await eventually(lambda: len(billing) == 2)
    assert len(notifications) == 1


async def test_start_does_not_wait_for_the_back_off(orders: Driver, listen: Listen) -> None:
    await listen("inventory")
    await orders.place()
    await sent(orders)
    orders.clock.advance(seconds=16)
    out, bus = orders.service.outbox, orders.service.bus
    assert await LagSweep(out, bus, Settings()).run() == 1
    await sent(orders)
    assert await LagSweep(out, bus, Settings()).run() == 1


async def test_cap_leaves_the_rest_to_the_next_sweep(orders: Driver, listen: Listen) -> None:
    inventory = await listen("inventory")
    for _ in range(5):
        await orders.place()
    await eventually(lambda: len(inventory) == 5)
    await sent(orders)
    orders.clock.advance(seconds=16)
    sweep = LagSweep(orders.service.outbox, orders.service.bus, Settings(resends_per_sweep=3))
    assert [await sweep.run(), await sweep.run(), await sweep.run()] == [3, 2, 0]


async def test_what_has_not_left_yet_is_not_lost(orders: Driver, listen: Listen) -> None:
    await listen("inventory")
    sweep = LagSweep(orders.service.outbox, orders.service.bus, Settings())
    await orders.service.outbox.stop()
    await orders.place()
    orders.clock.advance(seconds=16)
    assert await sweep.run() == 0, "the broker is away, or busy: its row still stands in the outbox"
    await orders.service.outbox.start()
    await orders.service.outbox.sweep()
    await sent(orders)
    assert await sweep.run() == 1
