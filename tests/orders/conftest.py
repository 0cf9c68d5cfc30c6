"""Orders alone, on both databases and without a broker: answers go in by `submit`, messages come out as outbox rows."""

from collections.abc import AsyncIterator

import pytest

from services.orders.settings import Settings
from services.orders.wiring import build
from tests.conftest import MakeDatabase
from tests.orders.driver import Clock, Driver


@pytest.fixture
async def database_url(empty_database: MakeDatabase) -> str:
    """A migrated, empty database of orders."""
    return await empty_database("orders")


@pytest.fixture
async def orders(database_url: str) -> AsyncIterator[Driver]:
    """The service on an empty database, with one shop and a clock the test moves."""
    clock = Clock()
    driver = Driver(build(Settings(database_url=database_url, sqlite_synchronous="OFF", pool_size=10), clock), clock)
    await driver.open_shop("cave", "a-secret-of-the-administrator")
    yield driver
    await driver.close()
