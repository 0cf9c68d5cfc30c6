"""Notifications alone, on both databases and without a broker; its counterparts are the sandboxes, or servers."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from services.notifications.settings import Settings
from services.notifications.wiring import build
from tests.conftest import MakeDatabase
from tests.notifications.driver import Clock, Driver, shop
from tests.notifications.receiving import Browser, Receiver, receiving

MakeDriver = Callable[..., Awaitable[Driver]]

SEALING_KEY = "S6mVqdyAT1nPzSkfMXIXEgkfsdwl1WV8x9y1ZK0F5sE="


@pytest.fixture
async def database_url(empty_database: MakeDatabase) -> str:
    """A migrated, empty database of notifications."""
    return await empty_database("notifications")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def make_driver(database_url: str, clock: Clock) -> AsyncIterator[MakeDriver]:
    """Makes services (replicas, when called twice) on one database, sandboxes on, one shop known."""
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Driver:
            values: dict[str, Any] = {
                "database_url": database_url,
                "sqlite_synchronous": "OFF",
                "sandbox": True,
                "pool_size": 10,
                "sealing_keys": SEALING_KEY,
            }
            driver = Driver(build(Settings(**values | settings), clock), clock)
            stack.push_async_callback(driver.close)
            for step in driver.service.on_start:
                await step()
            await driver.hear(shop())
            return driver

        yield make


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A server that webhooks and push messages can be sent to."""
    async with receiving() as found:
        yield found


@pytest.fixture
def browser() -> Browser:
    """A browser that can be subscribed."""
    return Browser(ec.generate_private_key(ec.SECP256R1()), os.urandom(16))


@pytest.fixture
async def house(make_driver: MakeDriver) -> Driver:
    """One such service."""
    return await make_driver()
