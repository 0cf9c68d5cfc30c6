"""A service's own database: PostgreSQL when deployed, one SQLite file in the embedded mode; the same SQL for both.

Neighbours: `types` (columns), `statements` (the few constructs that differ by dialect), `migrations` (Alembic under a
lock). A SQLite file has one writer at a time; requests pass before batches, and the wait happens in asyncio, not in
SQLite's busy handler.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import uuid_utils
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from shared.database.statements import among, upsert
from shared.database.types import Json, UtcDateTime

__all__ = ["Clock", "Database", "Json", "UtcDateTime", "among", "is_transient", "new_id", "upsert", "utcnow"]

Clock = Callable[[], datetime]

COMMAND_SECONDS = 30.0
CONNECT_SECONDS = 10.0


def utcnow() -> datetime:
    """The clock of production; tests inject their own."""
    return datetime.now(UTC)


def new_id() -> str:
    """A UUIDv7: sorts by the time it was made."""
    return str(uuid_utils.uuid7())


class Database:
    """Transactions on one database.

    `write()` is a transaction that commits when its block ends and rolls back when it raises; `read()` is a snapshot
    that never waits for writers.
    """

    def __init__(
        self, url: str, *, pool_size: int = 5, synchronous: str = "FULL", application: str = "comptoir"
    ) -> None:
        self.url = make_url(url)
        self.dialect = self.url.get_backend_name()
        if self.dialect == "sqlite":
            self._turn: _WriterTurn | None = _WriterTurn()
            self._writer = _sqlite_engine(url, 1, "BEGIN IMMEDIATE", synchronous)
            self._reader = _sqlite_engine(url, pool_size, "BEGIN", synchronous)
        else:
            self._turn = None
            self._writer = self._reader = _postgresql_engine(url, pool_size, application)

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
        """A read-only look."""
        async with self._reader.connect() as conn:
            yield conn

    async def close(self) -> None:
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


class _WriterTurn:
    """A lock that serves requests before batches, each first come first served."""

    def __init__(self) -> None:
        self._taken = False
        self._requests: deque[asyncio.Future[None]] = deque()
        self._batches: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def taken(self, *, batch: bool) -> AsyncIterator[None]:
        await self._acquire(self._batches if batch else self._requests)
        try:
            yield
        finally:
            self._pass_on()

    async def _acquire(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        for queue in (self._requests, self._batches):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._taken = False


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _postgresql_engine(url: str, pool_size: int, application: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=COMMAND_SECONDS,
        pool_use_lifo=True,
        hide_parameters=True,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": CONNECT_SECONDS,
            "command_timeout": COMMAND_SECONDS,
            "server_settings": {"application_name": application, "jit": "off"},
        },
    )


def _sqlite_engine(url: str, pool_size: int, begin: str, synchronous: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=COMMAND_SECONDS,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


_TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58", "25006")


def is_transient(error: BaseException) -> bool:
    """Whether the database (not the data) is at fault: connection, deadlock, serialization, full disk, time-out.

    Work that failed so is paused and tried again, never parked.
    """
    if isinstance(error, PoolTimeout | TimeoutError | ConnectionError | OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state:
        return str(state).startswith(_TRANSIENT_SQLSTATES)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
