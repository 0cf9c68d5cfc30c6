"""Billing alone, on both databases and without a broker: messages go in by `submit`, and come out as outbox rows."""

from collections.abc import AsyncIterator

import pytest

from services.billing.settings import Settings
from services.billing.wiring import build
from tests.billing.driver import Clock, Driver
from tests.billing.till import Till
from tests.conftest import MakeDatabase


@pytest.fixture
async def database_url(empty_database: MakeDatabase) -> str:
    """A migrated, empty database of billing."""
    return await empty_database("billing")


@pytest.fixture
async def unopened(database_url: str) -> AsyncIterator[Driver]:
    """The service on an empty database, before it hears of any shop."""
    clock = Clock()
    driver = Driver(build(Settings(database_url=database_url, sqlite_synchronous="OFF", pool_size=10), clock), clock)
    yield driver
    await driver.close()


@pytest.fixture
async def billing(unopened: Driver) -> Driver:
    """The service with one shop it has heard of, and a clock that the test moves."""
    await unopened.open_shop()
    return unopened


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    """The service with the payment sandbox, and a shop whose clients it sends there."""
    clock = Clock()
    settings = Settings(
        database_url=database_url, sqlite_synchronous="OFF", pool_size=10, sandbox=True, provider_call_seconds=2
    )
    driver = Till(build(settings, clock), clock)
    await driver.open_shop()
    yield driver
    await driver.close()
