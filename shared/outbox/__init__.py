"""What a service says, and the promise that it is said: written in the transaction of the change, published after it.

A `Transaction` collects messages and answers; at its end they become outbox rows (at most one per message and key, a
newer version replacing an unsent older one) and, after the commit, are published by `Dispatcher`. A row is deleted only
where it still is what the broker confirmed; the sweep publishes what a crash left behind. Neighbours: `tables`,
`dispatcher`, `digest`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import CursorResult, Executable, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.broker import Bus, Outgoing
from shared.contracts import Answer, Message
from shared.crashpoints import crash_point
from shared.database import Clock, Database, among, upsert, utcnow
from shared.outbox.dispatcher import Dispatcher
from shared.outbox.tables import answers, outbox, outbox_tables

__all__ = ["Outbox", "Transaction", "outbox_tables"]

ALL = "all"


class Transaction:
    """One database transaction and what is to be said once it is committed."""

    def __init__(self, conn: AsyncConnection, now: datetime) -> None:
        self.conn = conn
        self.now = now
        self.dialect = conn.dialect.name
        self.hints: dict[str, int] = {}
        self.callbacks: list[Callable[[], object]] = []
        self._messages: dict[tuple[str, str], tuple[Message, str]] = {}
        self._answers: dict[str, Answer] = {}
        self._bodies: dict[tuple[str, str], bytes] = {}
        """Of messages that have been encoded already."""

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a statement; a list of parameters runs it for each (nothing for an empty one)."""
        return await self.conn.execute(statement, parameters)

    def send(self, message: Message, *, to: str = ALL) -> None:
        """Say how a thing now is. `to` names one service for a re-send; all others keep what they have."""
        slot = (message.name, message.key)
        earlier = self._messages.get(slot)
        if earlier is not None:
            message = max(message, earlier[0], key=lambda said: said.version)
            to = to if to == earlier[1] else ALL
        self._messages[slot] = (message, to)

    def answer(self, answer: Answer) -> None:
        """Say how this service stands to an order; the version is given here, and only if anything else changed.

        The caller holds the order's lock (see `shared.batch.lock_keys`), so that versions are given one at a time.
        """
        self._answers[answer.id] = answer

    async def answers(self, orders: Sequence[str]) -> dict[str, str]:
        """The stored answers (JSON) of these orders; the caller holds their keys' locks."""
        rows = await self.execute(_stored, {"ids": list(orders)})
        return {row.id: row.body for row in rows}

    def hint(self, order: str, revision: int) -> None:
        """Wake whoever watches this order."""
        self.hints[order] = revision

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call this once the transaction is committed (a job's nudge)."""
        self.callbacks.append(callback)

    async def write_out(self) -> list[Outgoing]:
        """Turn what was said into rows; the last statements before the commit."""
        if self._answers:
            await self._store_answers()
        rows = [
            Outgoing(name, key, message.shop, to, message.version, self._bodies.get((name, key)) or message.encode())
            for (name, key), (message, to) in sorted(self._messages.items(), key=itemgetter(0))
        ]
        if rows:
            await self.execute(_insert(self.conn), [_as_row(row, self.now) for row in rows])
        return rows

    async def _store_answers(self) -> None:
        rows = await self.execute(_stored, {"ids": sorted(self._answers)})
        stored = {row.id: (row.version, row.body) for row in rows}
        changed: list[dict[str, Any]] = []
        for key, answer in sorted(self._answers.items()):
            version, known = stored.get(key, (0, ""))
            current = answer.model_copy(update={"version": version + 1})
            body = current.encode()
            if known and body.decode() == _renumbered(known, version):
                continue
            self.send(current)
            self._bodies[current.name, key] = body
            changed.append(
                {
                    "id": key,
                    "shop": current.shop,
                    "version": current.version,
                    "heard": current.heard,
                    "open": current.open,
                    "body": body.decode(),
                    "changed_at": self.now,
                }
            )
        if changed:
            columns = ("version", "heard", "open", "body", "changed_at")
            await self.execute(upsert(self.conn, answers, keys=["id"], update=columns), changed)


class Outbox:
    """The only way a service writes: transactions whose messages are sure to leave."""

    def __init__(self, db: Database, bus: Bus, *, clock: Clock = utcnow) -> None:
        self.db = db
        self.clock = clock
        self.dispatcher = Dispatcher(db, bus, clock)

    @staticmethod
    def again(kind: type[Answer]) -> Callable[[Transaction, Sequence[str]], Awaitable[None]]:
        """For `Consumer(again=…)`: say the stored answers of these orders once more."""

        async def repeat(tx: Transaction, orders: Sequence[str]) -> None:
            for body in (await tx.answers(orders)).values():
                tx.send(kind.decode(body))

        return repeat

    @asynccontextmanager
    async def transaction(self, *, batch: bool = False) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end of the block and publishes after it; an exception leaves nothing."""
        async with self.db.write(batch=batch) as conn:
            tx = Transaction(conn, self.clock())
            yield tx
            rows = await tx.write_out()
            crash_point("outbox.before_commit")
        crash_point("outbox.after_commit")
        for callback in tx.callbacks:
            callback()
        self.dispatcher.submit(rows, list(tx.hints.items()))

    async def sweep(self, *, older_than: float = 5.0) -> int:
        """Publish what an earlier process, or a broker that was away, left behind; how many rows went out."""
        return await self.dispatcher.sweep(older_than=older_than)

    async def start(self) -> None:
        await self.dispatcher.start()

    async def stop(self) -> None:
        await self.dispatcher.stop()


_stored = select(answers.c.id, answers.c.version, answers.c.body).where(among(answers.c.id, "ids"))


def _renumbered(body: str, version: int) -> str:
    """A stored answer as it would read one version later: shop and version are a message's first fields."""
    return body.replace(f'"version":{version},', f'"version":{version + 1},', 1)


def _insert(conn: AsyncConnection) -> Any:
    """A newer version replaces an unsent older one; a targeted row never narrows an unsent broadcast one."""
    return upsert(conn, outbox, keys=["message", "key"], set_=_replacement, newest_by="version")


def _replacement(excluded: Any) -> dict[str, Any]:
    return {
        "version": excluded.version,
        "body": excluded.body,
        "created_at": excluded.created_at,
        "detail": case((outbox.c.detail == excluded.detail, excluded.detail), else_=ALL),
    }


def _as_row(row: Outgoing, now: datetime) -> dict[str, Any]:
    return {
        "message": row.message,
        "key": row.key,
        "shop": row.shop,
        "detail": row.detail,
        "version": row.version,
        "body": row.body.decode(),
        "created_at": now,
    }
