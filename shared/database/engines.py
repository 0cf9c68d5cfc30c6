"""The two kinds of SQLAlchemy engine, with every option that the rest of the code relies on.

Parameters are hidden from error texts (they hold personal data), every wait is bounded, and JSON goes through orjson.
"""

from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

COMMAND_SECONDS = 30.0
CONNECT_SECONDS = 10.0
BUSY_MILLISECONDS = 5000
DRIVERS = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}


def database_url(url: str) -> URL:
    """The URL with our driver in it: what operators paste says `postgres://` or `postgresql://`."""
    scheme, separator, rest = url.partition("://")
    return make_url(DRIVERS.get(scheme, scheme) + separator + rest)


def postgresql_engine(
    url: URL, *, pool_size: int, application: str, command_seconds: float | None = None
) -> AsyncEngine:
    """A small pool, last used first, so that idle connections stay idle. Only a migration has no time limit (0)."""
    seconds = COMMAND_SECONDS if command_seconds is None else command_seconds
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
            "command_timeout": seconds or None,
            "server_settings": {"application_name": application, "jit": "off"},
        },
    )


def sqlite_engine(url: URL, *, pool_size: int, synchronous: str, writes: bool) -> AsyncEngine:
    """Connections to one file in WAL mode; a writer takes its lock at BEGIN, a reader cannot write at all."""
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
    pragmas = [
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        f"query_only={'OFF' if writes else 'ON'}",
    ]

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours to say, below
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()
