"""Orders alone, on both databases and without a broker: answers go in by `submit`, messages come out as outbox rows."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.orders.settings import Settings
from services.orders.wiring import build
from shared.database import Database
from shared.database.migrations import upgrade
from tests.orders.driver import Clock, Driver


@pytest.fixture(scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy."""
    path = tmp_path_factory.mktemp("orders") / "template.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await upgrade(database, "orders")
    await database.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    """A migrated, empty database of orders."""
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "orders.db")
        return f"sqlite+aiosqlite:///{tmp_path / 'orders.db'}"
    url: str = await request.getfixturevalue("service_database")("orders")
    return url


@pytest.fixture
async def orders(database_url: str) -> AsyncIterator[Driver]:
    """The service on an empty database, with one shop and a clock the test moves."""
    clock = Clock()
    driver = Driver(build(Settings(database_url=database_url, sqlite_synchronous="OFF", pool_size=10), clock), clock)
    await driver.open_shop("cave", "a-secret-of-the-administrator")
    yield driver
    await driver.close()
