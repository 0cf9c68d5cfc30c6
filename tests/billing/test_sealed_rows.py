"""An insertion never takes the place of a sealed row, by whichever key: `INSERT OR REPLACE` tells no trigger of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Table, UniqueConstraint, bindparam, insert, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.tables import IMMUTABLE, metadata
from shared.database import upsert
from tests.billing.driver import Driver

SEALED = tuple(metadata.tables[name] for name in (*IMMUTABLE, "renderings"))
VALUES: dict[type, tuple[Any, Any]] = {
    str: ("x", "y"),
    int: (0, 2),
    bool: (False, True),
    bytes: (b"x", b"y"),
    date: (date(2026, 11, 22), date(2026, 11, 23)),
    object: (datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
}
ALLOWED: dict[str, dict[str, Any]] = {
    "documents": {"net": 0, "tax": 0, "gross": 0},
    "payments": {"kind": "capture", "amount": 1},
    "closings": {"period": "day"},
    "renderings": {"sha256": "x", "rendered_at": VALUES[object][0]},
}
"""What the tables' checks ask for."""


def keys(table: Table) -> list[tuple[Column[Any], ...]]:
    unique = [tuple(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    return [tuple(table.primary_key.columns), *unique, *(tuple(one.columns) for one in table.indexes if one.unique)]


def row(table: Table, *, other: bool = False) -> dict[str, Any]:
    """A row of a table, or one that shares no key with it."""
    made = {one.name: VALUES[one.type.python_type][other] for one in table.columns if not one.nullable}
    return made | ALLOWED.get(table.name, {})


async def keep(conn: AsyncConnection, table: Table) -> None:
    """Insert a row, and those that it refers to."""
    for reference in table.foreign_keys:
        if not reference.parent.nullable:
            await keep(conn, reference.column.table)
    await conn.execute(insert(table).values(row(table)))


@pytest.mark.parametrize(
    ("table", "key"),
    [
        pytest.param(table, key, id="-".join((table.name, *(c.name for c in key))))
        for table in SEALED
        for key in keys(table)
    ],
)
async def test_no_row_takes_the_place_of_a_sealed_one(
    billing: Driver, table: Table, key: tuple[Column[Any], ...]
) -> None:
    """On PostgreSQL by ON CONFLICT DO UPDATE, on SQLite by REPLACE."""
    twin = row(table, other=True) | {one.name: row(table)[one.name] for one in key}
    async with billing.service.db.write() as conn:
        await keep(conn, table)
    if billing.service.db.dialect == "sqlite":
        statement: Any = sqlite.insert(table).prefix_with("OR REPLACE").values(twin)
    else:
        statement = postgresql.insert(table).values(twin).on_conflict_do_update(index_elements=key, set_=twin)
    with pytest.raises(DBAPIError, match="immutable"):
        async with billing.service.db.write() as conn:
            await conn.execute(statement)
    assert len(await billing.rows(table.name)) == 1


@pytest.mark.parametrize("table", SEALED, ids=str)
async def test_the_place_of_a_row_on_disk_is_a_key(billing: Driver, table: Table) -> None:
    if billing.service.db.dialect == "postgresql":
        return
    twin = row(table, other=True)
    names, values = ", ".join(("rowid", *twin)), ", ".join(("1", *(f":{name}" for name in twin)))
    statement = text(f"INSERT OR REPLACE INTO {table.name} ({names}) VALUES ({values})")
    typed = statement.bindparams(*(bindparam(name, value, table.c[name].type) for name, value in twin.items()))
    async with billing.service.db.write() as conn:
        await keep(conn, table)
    with pytest.raises(DBAPIError, match="immutable"):
        async with billing.service.db.write() as conn:
            await conn.execute(typed)


@pytest.mark.parametrize("name", ["blobs", "renderings"])
async def test_what_is_there_already_may_be_asked_for_again(billing: Driver, name: str) -> None:
    table = metadata.tables[name]
    async with billing.service.db.write() as conn:
        await keep(conn, table)
    fresh: dict[str, Any] = {"sha256": None, "rendered_at": None} if name == "renderings" else {}
    again = row(table) | fresh
    kept = await billing.rows(name)
    async with billing.service.db.write() as conn:
        await conn.execute(upsert(conn, table, keys=[table.primary_key.columns[0].name]), [again])
    assert await billing.rows(name) == kept
