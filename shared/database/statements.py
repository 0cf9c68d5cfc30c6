"""The constructs in which the two dialects differ, each under one name."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, Integer, Table, Text, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

_LAST = "\U0010ffff"
"""Sorts behind every character, in UTF-8's bytes."""


class _Values(TypeDecorator[list[Any]]):
    """A list as one bind value: an array on PostgreSQL, a JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return postgresql.ARRAY(BigInteger() if self.numbers else Text())
        return Text()

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" or value is None else orjson.dumps(value).decode()


class among(FunctionElement[bool]):
    """`column` is one of `values`, with one bind value and therefore one prepared statement for any length.

    A text instead of values names the bind value, for a statement that is built once; it is then executed with a list.
    """

    type = Boolean()
    inherit_cache = True
    name = "among"

    def __init__(self, column: ColumnElement[Any], values: Iterable[Any] | str) -> None:
        kind = _Values(numbers=isinstance(column.type, Integer))
        if isinstance(values, str):
            super().__init__(column, bindparam(values, type_=kind))
        else:
            super().__init__(column, bindparam(None, list(values), type_=kind))


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: Any, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(values, **kw)})"


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: Any, **kw: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **kw)} IN (SELECT value FROM json_each({compiler.process(values, **kw)}))"  # noqa: S608 - a bind


class starts_with(FunctionElement[bool]):
    """`column` begins with `prefix`, by the bytes, in a way that an index answers.

    On PostgreSQL that is an index with `text_pattern_ops`, whatever the collation and however the statement is planned.
    """

    type = Boolean()
    inherit_cache = True
    name = "starts_with"

    def __init__(self, column: ColumnElement[Any], prefix: str) -> None:
        super().__init__(column, bindparam(None, prefix, type_=Text()), bindparam(None, prefix + _LAST, type_=Text()))


@compiles(starts_with, "postgresql")
def _starts_with_postgresql(element: starts_with, compiler: Any, **kw: Any) -> str:
    column, first, last = (compiler.process(part, **kw) for part in element.clauses)
    return f"({column} ~>=~ {first} AND {column} ~<=~ {last})"


@compiles(starts_with, "sqlite")
def _starts_with_sqlite(element: starts_with, compiler: Any, **kw: Any) -> str:
    column, first, last = (compiler.process(part, **kw) for part in element.clauses)
    return f"({column} >= {first} AND {column} <= {last})"


async def plan_by_values(conn: AsyncConnection) -> None:
    """Have what follows in this transaction planned for the very values it is asked with.

    PostgreSQL takes one plan for all values from a statement's sixth time on. Where one value has half of the rows and
    another none, that plan is wrong by a factor of fifty (measured on a million orders); SQLite has only such plans,
    and a small shop.
    """
    if conn.dialect.name == "postgresql":
        await conn.execute(_PLAN_BY_VALUES)


_PLAN_BY_VALUES = text("SET LOCAL plan_cache_mode = force_custom_plan")


def upsert(
    conn: AsyncConnection,
    table: Table,
    *,
    keys: Sequence[str],
    update: Sequence[str] | None = None,
    set_: Callable[[Any], dict[str, Any]] | None = None,
    newest_by: str | None = None,
) -> Any:
    """INSERT … ON CONFLICT (`keys`) for executemany.

    `update` names the columns to take from the new row, `set_` gets `excluded` and says what becomes of them; neither:
    DO NOTHING, whatever the conflict where there are no `keys`. With `newest_by`, a row whose column of that name is
    greater stays as it is. Statements are cached: `set_` must be the same function at every call.
    """
    columns = None if update is None else tuple(update)
    return _upsert(conn.dialect.name, table, tuple(keys), columns, set_, newest_by)


@lru_cache(maxsize=256)
def _upsert(
    dialect: str,
    table: Table,
    keys: tuple[str, ...],
    update: tuple[str, ...] | None,
    set_: Callable[[Any], dict[str, Any]] | None,
    newest_by: str | None,
) -> Any:
    statement: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    if update is None and set_ is None:
        return statement.on_conflict_do_nothing(index_elements=keys or None)
    values = {name: statement.excluded[name] for name in update or ()}
    if set_ is not None:
        values |= set_(statement.excluded)
    condition = None if newest_by is None else table.c[newest_by] <= statement.excluded[newest_by]
    return statement.on_conflict_do_update(index_elements=keys, set_=values, where=condition)
