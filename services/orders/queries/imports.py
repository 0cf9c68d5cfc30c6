"""Imports of files: one, the shop's, those that wait for a worker, their pieces and their rejected rows."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import import_parts, import_rejects, imports
from shared.database import Database
from shared.problems import NotFound

OPEN = ("waiting", "running")
REJECTS = 500
"""Rejected rows read at once."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import, as its row says."""

    id: str
    shop: str
    actor: str
    file: str
    format: str
    mapping: str
    dry_run: bool
    state: str
    size: int
    rows: int
    orders: int
    done: int
    created: int
    known: int
    refused: int
    rejected: int
    skipped: int
    columns: list[str]
    statuses: dict[str, int]
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    leased_until: datetime | None


async def find_import(conn: AsyncConnection, shop: str, id_: str, *, lock: bool = False) -> Import:
    """One import of the shop. Raises `NotFound`."""
    statement = select(imports).where(imports.c.shop == shop, imports.c.id == id_)
    row = (await conn.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound(f"There is no import {id_}.")
    return Import(**row._mapping)


async def list_imports(conn: AsyncConnection, shop: str, limit: int, after: str | None) -> tuple[Sequence[Import], int]:
    """Up to `limit` + 1 imports of the shop, the newest first, and how many there are."""
    own = imports.c.shop == shop
    statement = select(imports).where(own).order_by(imports.c.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(imports.c.id < after)
    found = [Import(**row._mapping) for row in await conn.execute(statement)]
    return found, (await conn.execute(select(func.count()).select_from(imports).where(own))).scalar_one()


async def any_open(conn: AsyncConnection) -> bool:
    """Whether some import is not over."""
    statement = select(imports.c.id).where(imports.c.state.in_(("receiving", *OPEN))).limit(1)
    return (await conn.execute(statement)).first() is not None


async def next_import(conn: AsyncConnection, now: datetime) -> Import | None:
    """The oldest import that nobody is at, its row locked."""
    free = or_(imports.c.leased_until.is_(None), imports.c.leased_until < now)
    statement = select(imports).where(imports.c.state.in_(OPEN), free).order_by(imports.c.id).limit(1)
    row = (await conn.execute(statement.with_for_update(skip_locked=True))).one_or_none()
    return None if row is None else Import(**row._mapping)


async def read_part(conn: AsyncConnection, id_: str, number: int) -> bytes | None:
    """A piece of the file; None behind the last one."""
    statement = select(import_parts.c.body).where(import_parts.c.import_id == id_, import_parts.c.number == number)
    found: bytes | None = (await conn.execute(statement)).scalar_one_or_none()
    return found


async def walk_rejects(db: Database, id_: str) -> AsyncIterator[Sequence[Any]]:
    """Pages of (line, reason, cells), in the order of the file."""
    line = 0
    while True:
        statement = (
            select(import_rejects.c.line, import_rejects.c.reason, import_rejects.c.cells)
            .where(import_rejects.c.import_id == id_, import_rejects.c.line > line)
            .order_by(import_rejects.c.line)
            .limit(REJECTS)
        )
        async with db.read() as conn:
            rows = (await conn.execute(statement)).all()
        if not rows:
            return
        yield rows
        line = rows[-1].line
