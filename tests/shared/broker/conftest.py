"""The two brokers under one suite: the embedded one, and RabbitMQ (marked `real`). Each test gets an empty one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection

from shared.broker.embedded import EmbeddedBroker
from tests.shared.broker.amqp import DEADLINE

Connect = Callable[[], Awaitable[AbstractConnection]]


@pytest.fixture
async def embedded_url() -> AsyncIterator[str]:
    """An embedded broker of this test's own."""
    broker = EmbeddedBroker()
    await broker.start()
    yield broker.url
    await broker.stop()


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.real)])
def amqp_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty broker; the test runs once for each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def connect(amqp_url: str) -> AsyncIterator[Connect]:
    """Opens connections, which are closed after the test."""
    async with AsyncExitStack() as stack:

        async def make() -> AbstractConnection:
            return await stack.enter_async_context(await aio_pika.connect(amqp_url, timeout=DEADLINE))

        yield make


@pytest.fixture
async def connection(connect: Connect) -> AbstractConnection:
    """One connection."""
    return await connect()


@pytest.fixture
async def channel(connection: AbstractConnection) -> AbstractChannel:
    """One channel of it, with publisher confirms; an unroutable mandatory message raises."""
    return await connection.channel(publisher_confirms=True, on_return_raises=True)
