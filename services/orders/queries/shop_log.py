"""The log of a shop: the history entries of all its orders, deleted ones too, and the changes of its configuration.

Two walks along the same kind of index (shop, time), put together newest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Table, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.code import parse_code
from services.orders.queries.documents import moment
from services.orders.tables import entries, orders, shop_log
from shared.database import among

Place = tuple[datetime, str]
"""Where a page begins: time and id of the last item."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the log is narrowed to; `hidden` are kinds that the caller may not see."""

    kinds: Sequence[str] = ()
    actors: Sequence[str] = ()
    order: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    hidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LogItem:
    """One thing that was done; `order` is the code where it was done to an order."""

    id: str
    at: datetime
    kind: str
    actor: str
    text: str
    changes: dict[str, Any]
    order: str | None = None
    rule: str | None = None
    status: str | None = None
    words: dict[str, str] | None = None

    @property
    def place(self) -> Place:
        return self.at, self.id

    @property
    def document(self) -> dict[str, Any]:
        texts = {"texts": self.words} if self.words else {}
        return texts | {
            "id": self.id,
            "at": moment(self.at),
            "kind": self.kind,
            "actor": self.actor,
            "order": self.order,
            "text": self.text,
            "status": self.status,
            "rule": self.rule,
            "changes": self.changes,
        }


async def read_log(conn: AsyncConnection, shop: str, asked: Asked, limit: int, after: Place | None) -> list[LogItem]:
    """Up to `limit` + 1 items, the newest first, so that the caller sees whether there is a next page."""
    walks = [await _of_orders(conn, shop, asked, limit + 1, after)]
    if asked.order is None:
        walks.append(await _of_configuration(conn, shop, asked, limit + 1, after))
    return list(islice(merge(*walks, key=lambda item: item.place, reverse=True), limit + 1))


async def _of_orders(conn: AsyncConnection, shop: str, asked: Asked, limit: int, after: Place | None) -> list[LogItem]:
    conditions = _conditions(entries, shop, asked, after)
    if asked.order is not None:
        conditions.append(orders.c.code == (parse_code(asked.order) or asked.order))
    columns = [entries.c[name] for name in ("id", "at", "kind", "actor", "text", "changes", "rule", "status", "words")]
    statement = select(*columns, orders.c.code.label("order")).join(orders, orders.c.id == entries.c.order_id)
    return _items(await conn.execute(_newest_first(statement, entries).where(*conditions).limit(limit)))


async def _of_configuration(
    conn: AsyncConnection, shop: str, asked: Asked, limit: int, after: Place | None
) -> list[LogItem]:
    columns = [shop_log.c[name] for name in ("id", "at", "kind", "actor", "text", "changes")]
    conditions = _conditions(shop_log, shop, asked, after)
    return _items(await conn.execute(_newest_first(select(*columns), shop_log).where(*conditions).limit(limit)))


def _newest_first(statement: Any, table: Table) -> Any:
    return statement.order_by(table.c.at.desc(), table.c.id.desc())


def _items(rows: Any) -> list[LogItem]:
    return [LogItem(**row._asdict() | {"changes": row.changes or {}}) for row in rows]


def _conditions(table: Table, shop: str, asked: Asked, after: Place | None) -> list[ColumnElement[bool]]:
    found = [table.c.shop == shop]
    if asked.kinds:
        found.append(among(table.c.kind, asked.kinds))
    if asked.hidden:
        found.append(table.c.kind.not_in(asked.hidden))
    if asked.actors:
        found.append(among(table.c.actor, asked.actors))
    if asked.start is not None:
        found.append(table.c.at >= asked.start)
    if asked.end is not None:
        found.append(table.c.at < asked.end)
    if after is not None:
        place = tuple_(literal(after[0], table.c.at.type), literal(after[1], table.c.id.type))
        found.append(tuple_(table.c.at, table.c.id) < place)
    return found
