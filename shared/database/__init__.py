"""A service's own database: PostgreSQL when deployed, one SQLite file in the embedded mode; the same SQL for both.

Neighbours: `types` (columns), `statements` (the few constructs that differ by dialect), `engines` (how each is
connected to), `turn` (who may write to a file next), `faults` (whose fault an error is), `migrations` (Alembic under a
lock).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import uuid_utils
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.database.engines import database_url, postgresql_engine, sqlite_engine
from shared.database.faults import is_transient
from shared.database.statements import among, plan_by_values, starts_with, upsert
from shared.database.turn import WriterTurn
from shared.database.types import Json, UtcDateTime

__all__ = [
    "Clock",
    "Database",
    "Json",
    "UtcDateTime",
    "among",
    "is_transient",
    "new_id",
    "plan_by_values",
    "starts_with",
    "upsert",
    "utcnow",
]

Clock = Callable[[], datetime]


def utcnow() -> datetime:
    """The clock of production; tests inject their own."""
    return datetime.now(UTC)


def new_id() -> str:
    """A UUIDv7: sorts by the time it was made."""
    return str(uuid_utils.uuid7())


class Database:
    """Transactions on one database.

    `write()` is a transaction that commits when its block ends and rolls back when it raises; `read()` is a snapshot
    that never waits for writers and cannot write.
    """

    def __init__(
        self, url: str, *, pool_size: int = 5, synchronous: str = "FULL", application: str = "comptoir"
    ) -> None:
        self.url = database_url(url)
        self.dialect = self.url.get_backend_name()
        if self.dialect == "sqlite":
            self._turn: WriterTurn | None = WriterTurn()
            self._writer = sqlite_engine(self.url, pool_size=1, synchronous=synchronous, writes=True)
            self._reader = sqlite_engine(self.url, pool_size=pool_size, synchronous=synchronous, writes=False)
        else:
            self._turn = None
            self._writer = postgresql_engine(self.url, pool_size=pool_size, application=application)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def engine(self) -> AsyncEngine:
        """The engine that may write; for migrations and tests."""
        return self._writer

    @asynccontextmanager
    async def write(self, *, batch: bool = False) -> AsyncIterator[AsyncConnection]:
        """A transaction. `batch` yields to requests where only one writer is possible."""
        if self._turn is None:
            async with self._writer.begin() as conn:
                yield conn
            return
        async with self._turn.taken(batch=batch), self._writer.begin() as conn:
            yield conn

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read-only look: everything in the block sees the same moment."""
        async with self._reader.connect() as conn:
            yield conn

    async def close(self) -> None:
        """Give every connection back; the object can be used again afterwards."""
        await self._writer.dispose()
        if self.dialect == "sqlite":
            await self._reader.dispose()
