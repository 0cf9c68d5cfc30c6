"""Whose fault an error is: the database's (wait, and try the same again) or the data's (trying again changes nothing).

Consumers pause on the first kind and park the message on the second, so both mistakes are expensive: a broken message
taken for a broken database stops a queue for ever, a broken database taken for a broken message parks good ones.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Classes of SQLSTATE: connection, roll-back (deadlock, serialization), resources, prerequisite state (lock time-out),
# operator intervention (shutdown, cancelled), system error; then: read-only (a fail-over), session or transaction
# timed out.
_POSTGRESQL = ("08", "40", "53", "55", "57", "58", "25006", "25P03", "25P04")
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_STALE_PLAN = "InvalidCachedStatementError"
"""asyncpg's: another process has migrated a table under a prepared statement; the second try prepares it anew."""
_PRIMARY_CODE = 0xFF
"""SQLite's extended codes carry the primary one in their low byte."""


def is_transient(error: BaseException) -> bool:
    """Whether the database (not the data) is at fault: connection, deadlock, serialization, full disk, time-out.

    Work that failed so is paused and tried again, never parked. An OSError about a named file is somebody's bug.
    """
    if isinstance(error, OSError):
        return error.filename is None
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error  # while connecting, asyncpg's own come through
    if type(cause).__name__ == _STALE_PLAN:
        return True
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_POSTGRESQL)
    code = getattr(cause, "sqlite_errorcode", None)
    return isinstance(code, int) and code & _PRIMARY_CODE in _SQLITE
