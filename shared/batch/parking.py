"""The parked table: messages a service could not apply, waiting for a person or for a newer version.

A parked message raises neither the guard nor `heard`; only the newest version of a key is kept.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from shared.batch.guards import Locking, lock_keys
from shared.batch.tables import guards, parked
from shared.contracts import Message
from shared.database import among, upsert

NO_SHOP = "-"
"""The shop of bytes that do not say whose they are."""
REASON_LENGTH = 2000


async def park(tx: Locking, message: Message, body: bytes, reason: str, now: datetime) -> bool:
    """Set a message aside; False when a newer version has been applied in the meantime."""
    held = await lock_keys(tx, message.name, [message.key])
    if held[message.key].version >= message.version:
        return False
    await _store(tx, message.name, message.key, message.shop, message.version, body, reason, now)
    own = (guards.c.message == message.name) & (guards.c.key == message.key)
    await tx.conn.execute(update(guards).where(own).values(parked=True))
    return True


async def park_broken(tx: Locking, name: str, body: bytes, reason: str, now: datetime) -> None:
    """Set aside bytes that are no such message, of no shop: their hash is the key, 0 the version."""
    key = f"sha256:{hashlib.sha256(_readable(body).encode()).hexdigest()}"
    await _store(tx, name, key, NO_SHOP, 0, body, reason, now)


async def unpark(tx: Locking, name: str, keys: Sequence[str]) -> None:
    """Forget parked messages that have been replaced, replayed or dropped."""
    await tx.conn.execute(delete(parked).where(parked.c.message == name, among(parked.c.key, keys)))


_replaced = delete(parked).where(
    parked.c.message == bindparam("m"), parked.c.key == bindparam("k"), parked.c.version <= bindparam("v")
)


async def replace_parked(tx: Locking, name: str, versions: Mapping[str, int]) -> set[str]:
    """Forget parked messages no newer than what is being applied; the keys of those that remain, being newer."""
    await tx.conn.execute(_replaced, [{"m": name, "k": key, "v": versions[key]} for key in sorted(versions)])
    newer = select(parked.c.key).where(parked.c.message == name, among(parked.c.key, sorted(versions)))
    return set((await tx.conn.execute(newer)).scalars())


async def _store(
    tx: Locking, name: str, key: str, shop: str, version: int, body: bytes, reason: str, now: datetime
) -> None:
    row: dict[str, Any] = {
        "message": name,
        "key": key,
        "shop": shop,
        "version": version,
        "body": _readable(body),
        "reason": _readable(reason.encode(errors="backslashreplace"))[:REASON_LENGTH],
        "at": now,
    }
    columns = ("shop", "version", "body", "reason", "at")
    newer = upsert(tx.conn, parked, keys=["message", "key"], update=columns, newest_by="version")
    await tx.conn.execute(newer, [row])


def _readable(body: bytes) -> str:
    """A text that any database stores, without NUL. A message that could be decoded stays as it is."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("latin-1")  # never fails, and costs no time even where every byte is wrong
    return text.replace("\0", "\\0")
