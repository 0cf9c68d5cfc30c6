"""The parked table: messages a service could not apply, waiting for a person or for a newer version.

A parked message raises neither the guard nor `heard`; only the newest version of a key is kept.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from shared.batch.guards import Locking, lock_keys
from shared.batch.tables import guards, parked
from shared.contracts import Message
from shared.database import among, upsert


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
    """Set aside bytes that are no such message; their hash is the key."""
    key = f"sha256:{hashlib.sha256(body).hexdigest()}"
    await _store(tx, name, key, "-", 0, body, reason, now)


async def unpark(tx: Locking, name: str, keys: Sequence[str]) -> None:
    """Forget parked messages that have been replaced, replayed or dropped."""
    await tx.conn.execute(delete(parked).where(parked.c.message == name, among(parked.c.key, keys)))


async def _store(
    tx: Locking, name: str, key: str, shop: str, version: int, body: bytes, reason: str, now: datetime
) -> None:
    row: dict[str, Any] = {
        "message": name,
        "key": key,
        "shop": shop,
        "version": version,
        "body": body.decode(errors="backslashreplace").replace("\0", "\\0"),
        "reason": reason[:2000],
        "at": now,
    }
    columns = ("shop", "version", "body", "reason", "at")
    newer = upsert(
        tx.conn, parked, keys=["message", "key"], update=columns, where=lambda new: parked.c.version <= new.version
    )
    await tx.conn.execute(newer, [row])
