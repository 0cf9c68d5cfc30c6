"""Each service's own Alembic tree, upgraded under a lock so that replicas may start together.

`services/<name>/migrations/env.py` is one call of `run_environment`; the connection comes from here, so the same tree
serves PostgreSQL (advisory lock) and SQLite (the file's lock). Expand before contract.
"""

import asyncio
from importlib import import_module
from importlib.resources import files
from typing import Any
from zlib import crc32

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from shared.database import Database
from shared.database.engines import postgresql_engine

_one_at_a_time = asyncio.Lock()
"""Alembic's `context` and `op` are the process's own: two services of one process must not migrate at once."""


def run_environment() -> None:
    """The body of every `env.py`."""
    attributes = context.config.attributes
    context.configure(connection=attributes["connection"], target_metadata=attributes.get("metadata"))
    context.run_migrations()


async def upgrade(database: Database, service: str) -> None:
    """Bring the database to the newest revision; a second caller waits for the first, as long as it takes."""
    async with _one_at_a_time:
        await _upgrade_alone(database, service)


async def _upgrade_alone(database: Database, service: str) -> None:
    if database.dialect == "sqlite":
        async with database.write() as conn:
            await conn.run_sync(_upgrade, service)
        return
    engine = postgresql_engine(
        database.url, pool_size=1, application=f"comptoir-{service}-migration", command_seconds=0
    )
    try:
        async with engine.begin() as conn:
            await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": crc32(service.encode())})
            await conn.run_sync(_upgrade, service)
    finally:
        await engine.dispose()


async def is_current(database: Database, service: str) -> bool:
    """Whether the database stands at the newest revision this code knows."""
    head = ScriptDirectory.from_config(_config(service)).get_current_head()
    async with database.read() as conn:
        return await conn.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision()) == head


def differences(connection: Connection, service: str) -> list[Any]:
    """What autogenerate would still change; empty when the migrations make what the tables say. For tests."""
    from alembic.autogenerate import compare_metadata  # heavy, and of no use in production

    metadata: MetaData = import_module(f"services.{service}.tables").metadata
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(f"services.{service}") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, service: str) -> None:
    config = _config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
