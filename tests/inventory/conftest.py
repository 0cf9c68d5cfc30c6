"""Inventory alone, on both databases and without a broker: messages go in by `submit`, and come out as outbox rows."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.inventory.settings import Settings
from services.inventory.wiring import build
from shared.database import Database
from shared.database.migrations import upgrade
from tests.inventory.driver import Clock, Driver


@pytest.fixture(scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to copy."""
    path = tmp_path_factory.mktemp("inventory") / "template.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await upgrade(database, "inventory")
    await database.close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    """A migrated, empty database of inventory."""
    if request.param == "sqlite":
        shutil.copy(migrated_file, tmp_path / "inventory.db")
        return f"sqlite+aiosqlite:///{tmp_path / 'inventory.db'}"
    url: str = await request.getfixturevalue("service_database")("inventory")
    return url


@pytest.fixture
async def inventory(database_url: str) -> AsyncIterator[Driver]:
    """The service on an empty database, with one shop it has heard of and a clock the test moves."""
    clock = Clock()
    driver = Driver(build(Settings(database_url=database_url, sqlite_synchronous="OFF", pool_size=10), clock), clock)
    await driver.open_shop("cave", "secret")
    yield driver
    await driver.close()
