"""Two processes that start at once migrate once; a tree that is complete leaves nothing for autogenerate."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect

from shared.database import Database
from shared.database.migrations import differences, is_current, upgrade

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.parent.parent.name for path in (ROOT / "services").glob("*/migrations/env.py"))


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_starters_at_once_migrate_once(database_address: str, service: str) -> None:
    starters = [Database(database_address, synchronous="OFF") for _ in range(3)]
    assert not await is_current(starters[0], service)
    await asyncio.gather(*(upgrade(starter, service) for starter in starters))
    assert [await is_current(starter, service) for starter in starters] == [True] * 3
    await upgrade(starters[0], service)
    for starter in starters:
        await starter.close()


async def test_the_migrations_make_what_the_tables_say(database_address: str, service: str) -> None:
    db = Database(database_address, synchronous="OFF")
    await upgrade(db, service)
    async with db.engine.connect() as conn:
        assert await conn.run_sync(differences, service) == []
        tables = await conn.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert tables - {"alembic_version"} == set(import_module(f"services.{service}.tables").metadata.tables)
    await db.close()


async def test_a_failed_migration_leaves_nothing(database_address: str, service: str) -> None:
    """DDL is transactional on both; half a schema would make every later start fail."""
    db = Database(database_address, synchronous="OFF")

    def refuse(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO alembic_version"):
            raise RuntimeError("on purpose, after the last table was made")

    event.listen(Engine, "before_cursor_execute", refuse)
    with pytest.raises(RuntimeError):
        await upgrade(db, service)
    event.remove(Engine, "before_cursor_execute", refuse)
    async with db.engine.connect() as conn:
        assert await conn.run_sync(lambda sync: inspect(sync).get_table_names()) == []
    await upgrade(db, service)
    assert await is_current(db, service)
    await db.close()
