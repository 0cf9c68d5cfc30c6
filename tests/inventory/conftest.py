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


@pytest.fixture
async def cellar(inventory: Driver) -> Driver:
    """Wine: 3 at north, which serves first, 4 at main, 2 at south, which takes returns."""
    await inventory.open_location("main", 1)
    await inventory.open_location("north", 0)
    await inventory.open_location("south", 5, takes_returns=True)
    await inventory.make("wine", 4)
    await inventory.book_at("north", 3)
    await inventory.book_at("south", 2)
    return inventory
