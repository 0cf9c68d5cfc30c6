"""What the services' databases in tests are made of: each service's own migrations, run once, copied, used again."""

import asyncpg
import pytest

from shared.database import Database
from shared.database.migrations import is_current
from shared.web.routes import SERVICES
from tests.conftest import MakeDatabase
from tests.servers.databases import WRITTEN, ServiceDatabase, ServiceDatabases


@pytest.mark.parametrize("service", SERVICES)
async def test_a_copy_stands_at_the_newest_revision(service_database: MakeDatabase, service: str) -> None:
    one, other = await service_database(service), await service_database(service)
    assert one != other
    database = Database(other)
    try:
        assert await is_current(database, service)
    finally:
        await database.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_leave_no_rows_that_emptying_would_lose(
    service_databases: ServiceDatabases, service: str
) -> None:
    made = await service_databases.take(service)
    assert await _execute(made, WRITTEN) is None
    service_databases.give_back([made])


async def test_the_next_test_finds_the_same_database_without_its_rows(service_databases: ServiceDatabases) -> None:
    first = await service_databases.take("orders")
    await _execute(first, "INSERT INTO guards (message, key, version, parked) VALUES ('account', 'x', 1, false)")
    service_databases.give_back([first])
    second = await service_databases.take("orders")
    assert second.name == first.name
    assert await _execute(second, "SELECT count(*) FROM guards") == 0
    service_databases.give_back([second])


@pytest.mark.parametrize("altering", ["CREATE INDEX x ON parked (at)", "ALTER TABLE parked ADD x integer", "ANALYZE"])
async def test_a_database_that_was_altered_is_not_used_again(
    service_databases: ServiceDatabases, altering: str
) -> None:
    first = await service_databases.take("orders")
    await _execute(first, altering)
    service_databases.give_back([first])
    second = await service_databases.take("orders")
    assert second.name != first.name
    service_databases.give_back([second])


async def _execute(database: ServiceDatabase, statement: str) -> object:
    connection = await asyncpg.connect(database.url.replace("+asyncpg", ""), timeout=30)
    try:
        return await connection.fetchval(statement, timeout=30)
    finally:
        await connection.close(timeout=30)
