"""Migrated, empty databases of services for tests; those of PostgreSQL are used again where a test left only rows.

There a copy of a template is some four hundred files and costs more than most tests; emptying the tables of one that is
used costs a tenth of it, and leaves them as they were made: new files, sequences at their start. What else a test may
have done to its database (DDL, ANALYZE) shows in the catalogue, and such a database is dropped.
"""

import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.postgres import Postgres
from shared.database import Database
from shared.database.migrations import upgrade

SECONDS = 60.0
CATALOGUE = "SELECT " + ", ".join(
    f"(SELECT (count(*), sum(xmin::text::bigint))::text FROM {table})"
    for table in ("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_proc", "pg_trigger", "pg_statistic")
)
"""Changes with every change of the schema or of the planner's statistics."""
SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
WRITTEN = """
    SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
      AND pg_relation_size(oid) > 0
"""
"""The tables with rows, or that had some."""
SEQUENCES = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"


@dataclass(slots=True)
class ServiceDatabase:
    """A database that one test has; `catalogue` is what it held when the test got it."""

    service: str
    name: str
    url: str
    catalogue: str = ""


class ServiceFiles:
    """SQLite files, copies of one that is migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[str, Path] = {}

    async def copy(self, service: str, folder: Path) -> str:
        """The address of a new file in this folder."""
        copied = folder / f"{service}.db"
        shutil.copy(await self._template(service), copied)
        return f"sqlite+aiosqlite:///{copied}"

    async def _template(self, service: str) -> Path:
        if service not in self._templates:
            made = self._folder / f"{service}.db"
            database = Database(f"sqlite+aiosqlite:///{made}")
            try:
                await upgrade(database, service)
            finally:
                await database.close()
            self._templates[service] = made
        return self._templates[service]


class ServiceDatabases:
    """All that one PostgreSQL has. `take` gives one that no other test has; afterwards it goes back by `give_back`."""

    def __init__(self, postgres: Postgres, numbers: Iterator[int]) -> None:
        self._postgres = postgres
        self._numbers = numbers
        self._templates: dict[str, str] = {}
        self._free: defaultdict[str, list[ServiceDatabase]] = defaultdict(list)

    async def take(self, service: str) -> ServiceDatabase:
        """A migrated, empty database of this service."""
        while self._free[service]:
            used = self._free[service].pop()
            if await self._emptied(used):
                return used
            await self._postgres.drop_database(used.name)
        name = f"{service}_{next(self._numbers)}"
        made = ServiceDatabase(service, name, await self._postgres.create_database(name, await self._template(service)))
        async with self._connected(made) as connection:
            made.catalogue = str(await connection.fetchrow(CATALOGUE))
        return made

    def give_back(self, databases: Iterable[ServiceDatabase]) -> None:
        """Their test has ended."""
        for database in databases:
            self._free[database.service].append(database)

    async def _emptied(self, database: ServiceDatabase) -> bool:
        """Empty it as it was made; False where its test did more to it than write rows."""
        async with self._connected(database) as connection:
            await connection.execute(SESSIONS)
            if database.catalogue != str(await connection.fetchrow(CATALOGUE)):
                return False
            if written := await connection.fetchval(WRITTEN):
                await connection.execute("SET session_replication_role = replica")  # no trigger of ours has a say
                await connection.execute(f"TRUNCATE {written} CASCADE")
            await connection.execute(SEQUENCES)
            database.catalogue = str(await connection.fetchrow(CATALOGUE))
        return True

    async def _template(self, service: str) -> str:
        if service not in self._templates:
            name = f"{service}_template"
            database = Database(await self._postgres.create_database(name))
            try:
                await upgrade(database, service)
            finally:
                await database.close()
            self._templates[service] = name
        return self._templates[service]

    @asynccontextmanager
    async def _connected(self, database: ServiceDatabase) -> AsyncIterator[Any]:
        url = self._postgres.url(database.name, driver="postgresql")
        connection = await asyncpg.connect(url, timeout=SECONDS, command_timeout=SECONDS)
        try:
            yield connection
        finally:
            await connection.close(timeout=SECONDS)
