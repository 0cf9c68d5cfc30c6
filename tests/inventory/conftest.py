"""Inventory alone, on both databases and without a broker: messages go in by `submit`, and come out as outbox rows."""

from collections.abc import AsyncIterator

import pytest

from services.inventory.settings import Settings
from services.inventory.wiring import build
from tests.conftest import MakeDatabase
from tests.inventory.driver import Clock, Driver


@pytest.fixture
async def database_url(empty_database: MakeDatabase) -> str:
    """A migrated, empty database of inventory."""
    return await empty_database("inventory")


@pytest.fixture
async def inventory(database_url: str) -> AsyncIterator[Driver]:
    """The service on an empty database, with one shop it has heard of and a clock the test moves."""
    clock = Clock()
    driver = Driver(build(Settings(database_url=database_url, sqlite_synchronous="OFF", pool_size=10), clock), clock)
    await driver.open_shop("cave", "secret")
    yield driver
    await driver.close()
