"""Guard rows: one per (message, key), holding the version applied. Locking them orders all work on a key.

Whatever changes an order's state in a consuming service, message or job, locks the order's guard row first, then SKUs,
then number series: one lock order everywhere.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, select
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
    """Lock the guard rows of these keys, in key order, making those that are missing (version 0)."""
    wanted = sorted(set(keys))
    found = await _locked(tx.conn, message, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        rows = [{"message": message, "key": key, "version": 0, "parked": False} for key in missing]
        await tx.conn.execute(upsert(tx.conn, guards, keys=["message", "key"]), rows)
        found |= await _locked(tx.conn, message, missing)
    return found


_lock = (
    select(guards.c.key, guards.c.version, guards.c.parked)
    .where(guards.c.message == bindparam("name"), among(guards.c.key, "keys"))
    .order_by(guards.c.key)
    .with_for_update()
)


async def _locked(conn: AsyncConnection, message: str, keys: Sequence[str]) -> dict[str, Guard]:
    rows = await conn.execute(_lock, {"name": message, "keys": keys})
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
