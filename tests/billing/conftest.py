"""Billing alone, on both databases and without a broker: messages go in by `submit`, and come out as outbox rows."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.billing.settings import Settings
from services.billing.wiring import build
from shared.database import Database
from shared.database.migrations import upgrade
from tests.billing.driver import Clock, Driver
from tests.billing.till import Till


@pytest.fixture(scope="session")
async def migrated_billing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy."""
    path = tmp_path_factory.mktemp("billing") / "template.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await upgrade(database, "billing")
    await database.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_billing: Path) -> str:
    """A migrated, empty database of billing."""
    if request.param == "sqlite":
        shutil.copy(migrated_billing, tmp_path / "billing.db")
        return f"sqlite+aiosqlite:///{tmp_path / 'billing.db'}"
    url: str = await request.getfixturevalue("service_database")("billing")
    return url


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
