"""How a service hears: what has arrived (at most 50 messages) in one transaction, the newest version of each key.

`Consumer.submit` takes one message's bytes and returns when they are dealt with for good, so that the caller may
acknowledge. Newer than the guard: converge. Equal: answer again. Older: nothing. When the database is at fault the
consumer pauses and loses nothing; otherwise the batch is tried message by message, and one that fails alone three times
is parked. Neighbours: `guards` (versions and locks), `parking` (the parked table), `tables`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from prometheus_client import Counter, Histogram
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.batch.guards import lock_keys, raise_versions
from shared.batch.parking import park, park_broken, replace_parked, unpark
from shared.batch.tables import batch_tables, guards, parked
from shared.contracts import Message
from shared.crashpoints import crash_point
from shared.database import is_transient
from shared.observability import get_logger, span

__all__ = ["Consumer", "batch_tables", "guards", "lock_keys", "parked", "unpark"]

log = get_logger(__name__)

TRIES = 3
PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
LONGEST_REST = 0.05
STOP_SECONDS = 2.0

HEARD = Counter("comptoir_messages_heard", "Messages by what came of them", ["message", "outcome"])
BATCH = Histogram("comptoir_batch_messages", "Messages per batch", ["message"], buckets=(1, 2, 5, 10, 20, 50))


class Tx(Protocol):
    """What a batch needs of a transaction; `shared.outbox.Transaction` is one."""

    now: datetime

    @property
    def conn(self) -> AsyncConnection: ...


M = TypeVar("M", bound=Message)
T = TypeVar("T", bound=Tx)


@dataclass(frozen=True, slots=True)
class _Arrived(Generic[M]):
    """A message with its bytes: what is parked is what came, with the fields that this version does not know."""

    message: M
    body: bytes
    done: asyncio.Future[None]


class Consumer(Generic[M, T]):
    """One message heard by one service.

    `converge(tx, messages)` gets, in key order, the newest version of each key, all newer than what was applied, their
    guard rows locked. `again(tx, keys)` is called for equal versions, `blocked(tx, message, reason)` when a message is
    parked. All three run in the batch's transaction.
    """

    def __init__(
        self,
        message: type[M],
        transaction: Callable[..., AbstractAsyncContextManager[T]],
        converge: Callable[[T, Sequence[M]], Awaitable[None]],
        *,
        again: Callable[[T, Sequence[str]], Awaitable[None]] | None = None,
        blocked: Callable[[T, M, str], Awaitable[None]] | None = None,
        limit: int = 50,
    ) -> None:
        self.message = message
        self._transaction = transaction
        self._converge = converge
        self._again = again
        self._blocked = blocked
        self._limit = limit
        self._waiting: deque[_Arrived[M]] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._stopping = False
        self._ended = self._rest = 0.0

    async def submit(self, body: bytes) -> None:
        """Deal with one message; returns when it is applied, obsolete or parked.

        Raises CancelledError when the consumer stops before that: then the message must not be acknowledged.
        """
        if self._stopping:
            raise asyncio.CancelledError("the consumer has been stopped")
        try:
            message = self.message.decode(body)
        except ValidationError as error:
            await self._park_broken(body, error)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Arrived(message, body, done))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run(), name=f"batch-{self.message.name}")
        await done

    async def set_aside(self, body: bytes, reason: str) -> None:
        """Park a message without trying it (it came back from the dead letters)."""
        try:
            message = self.message.decode(body)
        except ValidationError as error:
            await self._park_broken(body, error)
        else:
            await self._park(message, body, reason)

    async def stop(self) -> None:
        """Let the running batch end, cancel it after a moment, and cancel whoever waits for a later one."""
        self._stopping = True
        if self._runner is not None:
            await asyncio.wait({self._runner}, timeout=STOP_SECONDS)
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
        for arrived in self._waiting:
            arrived.done.cancel()
        self._waiting.clear()

    async def _run(self) -> None:
        """Batch after batch, until nothing waits."""
        while self._waiting and not self._stopping:
            await self._company()
            taken = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            started = perf_counter()
            try:
                await self._settle(taken)
            except BaseException:
                for arrived in taken:
                    arrived.done.cancel()
                raise
            for arrived in taken:
                if not arrived.done.done():
                    arrived.done.set_result(None)
            self._ended = perf_counter()
            self._rest = min(self._ended - started, LONGEST_REST) if len(taken) > 1 else 0.0

    async def _company(self) -> None:
        """While messages come faster than one at a time, let more of them arrive, for as long as the last batch took.

        Transactions are then fewer and fuller; a lone message is never delayed.
        """
        busy = self._rest and perf_counter() - self._ended < LONGEST_REST
        if busy and len(self._waiting) < self._limit:
            await asyncio.sleep(self._rest)

    async def _settle(self, batch: list[_Arrived[M]]) -> None:
        """Apply the batch whatever it takes: pause while the database is at fault, part it when a message is."""
        failures = 0
        pauses = iter(PAUSES)
        while True:
            try:
                await self._apply([arrived.message for arrived in batch])
                return
            except Exception as error:
                if is_transient(error):
                    pause = next(pauses, PAUSES[-1])
                    log.warning("batch.paused", message_name=self.message.name, error=error, again_in=pause)
                    await asyncio.sleep(pause)
                    continue
                failures += 1
                log.warning("batch.failed", message_name=self.message.name, rows=len(batch), error=error)
                reason = _reason(error)
            if len(batch) > 1:
                for arrived in batch:
                    await self._settle([arrived])
                return
            if failures >= TRIES:
                await self._park(batch[0].message, batch[0].body, reason)
                return

    async def _apply(self, batch: list[M]) -> None:
        newest: dict[str, M] = {}
        for message in batch:
            known = newest.get(message.key)
            if known is None or message.version > known.version:
                newest[message.key] = message
        links = [link for message in newest.values() for link in message.traceparents]
        with span(f"process {self.message.name}", links=links, rows=len(batch)):
            async with self._transaction(batch=True) as tx:
                newer, equal = await self._apply_newest(tx, newest)
                crash_point("batch.before_commit")
            crash_point("batch.after_commit")
        BATCH.labels(self.message.name).observe(len(batch))
        HEARD.labels(self.message.name, "applied").inc(newer)
        HEARD.labels(self.message.name, "again").inc(equal)
        HEARD.labels(self.message.name, "obsolete").inc(len(batch) - newer - equal)

    async def _apply_newest(self, tx: T, newest: dict[str, M]) -> tuple[int, int]:
        name = self.message.name
        held = await lock_keys(tx, name, newest)
        newer = [newest[key] for key in sorted(newest) if newest[key].version > held[key].version]
        equal = [key for key in sorted(newest) if newest[key].version == held[key].version]
        if newer:
            await self._converge(tx, newer)
            replaced = {message.key: message.version for message in newer if held[message.key].parked}
            still_parked = await replace_parked(tx, name, replaced) if replaced else ()
            versions = {message.key: message.version for message in newer}
            await raise_versions(tx, name, versions, still_parked=still_parked)
        if equal and self._again is not None:
            await self._again(tx, equal)
        return len(newer), len(equal)

    async def _park(self, message: M, body: bytes, reason: str) -> None:
        """Set the message aside, if need be without an answer (that is broken too), if need be as mere bytes."""
        name = message.name
        log.error("batch.parked", message_name=name, version=message.version)
        HEARD.labels(name, "parked").inc()
        for blocked in (self._blocked, None):
            try:
                work = partial(self._park_in, message=message, body=body, reason=reason, blocked=blocked)
                await self._persist(work)
                return
            except Exception as error:
                log.error("batch.parking_failed", message_name=name, version=message.version, error=error)
        await self._persist(lambda tx: park_broken(tx, name, body, reason, tx.now))

    async def _park_in(
        self, tx: T, *, message: M, body: bytes, reason: str, blocked: Callable[[T, M, str], Awaitable[None]] | None
    ) -> None:
        if await park(tx, message, body, reason, tx.now) and blocked is not None:
            await blocked(tx, message, reason)

    async def _park_broken(self, body: bytes, error: ValidationError) -> None:
        first = error.errors(include_input=False, include_url=False)[0]
        reason = f"not a {self.message.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        log.error("batch.broken", message_name=self.message.name, error=error)
        HEARD.labels(self.message.name, "parked").inc()
        await self._persist(lambda tx: park_broken(tx, self.message.name, body, reason, tx.now))

    async def _persist(self, work: Callable[[T], Awaitable[object]]) -> None:
        """Run in a transaction of its own, however long the database is away."""
        pauses = iter(PAUSES)
        while True:
            try:
                async with self._transaction(batch=True) as tx:
                    await work(tx)
                crash_point("batch.after_park")
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("batch.paused", message_name=self.message.name, error=error)
                await asyncio.sleep(next(pauses, PAUSES[-1]))


def _reason(error: Exception) -> str:
    """What the operator reads beside a parked message: the first line, since PostgreSQL's second quotes the row."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
