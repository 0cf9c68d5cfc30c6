"""The database's own clock, which leases are told by: one clock for all replicas."""

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class database_seconds(FunctionElement[float]):
    """The database's own clock in seconds since 1970."""

    type = Float()
    inherit_cache = True
    name = "database_seconds"


@compiles(database_seconds, "postgresql")
def _seconds_postgresql(_element: database_seconds, _compiler: Any, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::float8"


@compiles(database_seconds, "sqlite")
def _seconds_sqlite(_element: database_seconds, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"
