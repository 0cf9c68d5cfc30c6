"""The private servers keep what was confirmed over a crash, and give each test a place of its own."""

import asyncpg
import pytest

from deploy.local.postgres import Postgres
from tests.conftest import FreshDatabase


async def execute(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=10)
    try:
        return list(await connection.fetch(statement, timeout=10))
    finally:
        await connection.close(timeout=10)


async def test_databases_are_copies_of_a_template_and_strangers_to_each_other(fresh_database: FreshDatabase) -> None:
    template = await fresh_database("template")
    await execute(template, "CREATE TABLE kept (n int)")
    name = template.rsplit("/", 1)[1]
    one, other = await fresh_database("one", template=name), await fresh_database("one", template=name)
    await execute(one, "INSERT INTO kept VALUES (1)")
    assert [list(row) for row in await execute(one, "SELECT n FROM kept")] == [[1]]
    assert await execute(other, "SELECT n FROM kept") == []


@pytest.mark.parametrize("crash", ["restart", "kill"])
async def test_committed_rows_survive_a_crash(postgres: Postgres, fresh_database: FreshDatabase, crash: str) -> None:
    url = await fresh_database("crash")
    await execute(url, "CREATE TABLE kept AS SELECT 7 AS n")
    if crash == "kill":
        postgres.kill()
        assert postgres.pid is None
        postgres.start()
    else:
        postgres.restart()
    assert [row["n"] for row in await execute(url, "SELECT n FROM kept")] == [7]


def test_another_object_on_the_folder_speaks_of_the_same_server(postgres: Postgres) -> None:
    assert (Postgres(postgres.folder).pid, Postgres(postgres.folder).port) == (postgres.pid, postgres.port)
