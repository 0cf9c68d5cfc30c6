"""Guard rows: one per (message, key), holding the version applied. Locking them orders all work on a key.

Whatever changes an order's state in a consuming service, message or job, locks the order's guard row first, then SKUs,
then number series: one lock order everywhere.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.batch.tables import guards
from shared.database import among, upsert


class Locking(Protocol):
    """The part of a transaction that locking needs."""

    @property
    def conn(self) -> AsyncConnection: ...


@dataclass(frozen=True, slots=True)
class Guard:
    version: int
    parked: bool


async def lock_keys(tx: Locking, message: str, keys: Iterable[str]) -> dict[str, Guard]:
    """Lock the guard rows of these keys, in key order, making those that are missing (version 0).

    Nothing is locked before all are there: whoever waited for another's new row with old ones locked could be waited
    for by that other.
    """
    wanted = sorted(set(keys))
    found = await _locked(tx.conn, message, wanted, _lock_if_complete)
    if len(found) < len(wanted):
        rows = [{"message": message, "key": key, "version": 0, "parked": False} for key in wanted]
        await tx.conn.execute(upsert(tx.conn, guards, keys=["message", "key"]), rows)
        found = await _locked(tx.conn, message, wanted)
    return found


_lock = (
    select(guards.c.key, guards.c.version, guards.c.parked)
    .where(guards.c.message == bindparam("name"), among(guards.c.key, "keys"))
    .order_by(guards.c.key)
    .with_for_update()
)
_there = guards.alias()
_number_there = (
    select(func.count()).where(_there.c.message == bindparam("name"), among(_there.c.key, "keys")).scalar_subquery()
)
_lock_if_complete = _lock.where(_number_there == bindparam("number"))


async def _locked(
    conn: AsyncConnection, message: str, keys: Sequence[str], statement: Select[str, int, bool] = _lock
) -> dict[str, Guard]:
    rows = await conn.execute(statement, {"name": message, "keys": keys, "number": len(keys)})
    return {key: Guard(version, parked) for key, version, parked in rows}


_raise = (
    guards.update()
    .where(guards.c.message == bindparam("m"), guards.c.key == bindparam("k"))
    .values(version=bindparam("v"), parked=bindparam("p"))
)


async def raise_versions(
    tx: Locking, message: str, versions: Mapping[str, int], *, still_parked: Collection[str] = ()
) -> None:
    """Record what has been applied, and for which keys a newer message remains parked."""
    rows = [{"m": message, "k": key, "v": versions[key], "p": key in still_parked} for key in sorted(versions)]
    await tx.conn.execute(_raise, rows)
