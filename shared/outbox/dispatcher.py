"""Publishes outbox rows after their commit, pipelined, and deletes what the broker confirmed.

One task per process takes whatever has been committed since its last round. It never holds a database lock while it
waits for the broker, so a row may go out twice; that costs nothing (same key, same version). A row is deleted only
where it still is the one that was confirmed: not where a newer version replaced it meanwhile, nor where a re-send to
one service has met an unsent message to all.
"""

import asyncio
import contextlib
from collections import Counter as Counted
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import perf_counter

from prometheus_client import Counter, Gauge
from sqlalchemy import and_, bindparam, delete, func, literal, select, tuple_

from shared.broker import Bus, Outgoing
from shared.crashpoints import crash_point
from shared.database import Clock, Database, UtcDateTime
from shared.observability import get_logger
from shared.outbox.tables import outbox

log = get_logger(__name__)

ROUND = 200
STOP_SECONDS = 3.0
KEPT_IN_MEMORY = 10_000
"""Beyond this, rows are left to the sweep: memory stays flat while the broker is away."""
LONGEST_REST = 0.1
REST = 4
"""Confirmed rows wait for company for as long as this many deletions take, since nobody waits for their deletion."""

PUBLISHED = Counter("comptoir_outbox_published", "Messages confirmed by the broker", ["message"])
UNSENT = Gauge("comptoir_outbox_rows", "Rows in the outbox", ["service"])
OLDEST = Gauge("comptoir_outbox_oldest_seconds", "Age of the oldest unsent row", ["service"])

_delete_confirmed = delete(outbox).where(
    and_(
        outbox.c.message == bindparam("m"),
        outbox.c.key == bindparam("k"),
        outbox.c.version == bindparam("v"),
        outbox.c.detail == bindparam("d"),
    )
)
_position = tuple_(outbox.c.created_at, outbox.c.message, outbox.c.key)


class Dispatcher:
    """The publishing side of an outbox."""

    def __init__(self, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._rows: deque[Outgoing] = deque()
        self._on_their_way: list[Outgoing] = []
        self._confirmed: list[Outgoing] = []
        self._delete_at: float | None = None
        self._rest = 0.0
        self._swept_to: tuple[datetime, str, str] | None = None
        self._hints: dict[str, int] = {}
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def submit(self, rows: Sequence[Outgoing], hints: Sequence[tuple[str, int]]) -> None:
        """Take committed rows; never waits."""
        if hints:
            self._bus.hints.tell(hints)
            self._hints.update(hints)
        if self._bus.connected.is_set() and len(self._rows) < KEPT_IN_MEMORY:
            self._rows.extend(rows)
        if rows or hints:
            self._work.set()

    @property
    def idle(self) -> bool:
        """Whether everything that was submitted has been tried."""
        return not (self._rows or self._hints or self._on_their_way)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="outbox-dispatcher")

    async def stop(self) -> None:
        """Publish what is in memory, for a moment; the rest is left to the next start."""
        if self._task is None:
            return
        self._stopping = True
        self._work.set()
        await asyncio.wait({self._task}, timeout=STOP_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def publish(self, rows: Sequence[Outgoing]) -> list[Outgoing]:
        """Publish these rows; those that were confirmed, which may be deleted."""
        confirmed = [row for row, sure in zip(rows, await self._bus.publish(rows), strict=True) if sure]
        crash_point("outbox.after_publish")
        for message, count in Counted(row.message for row in confirmed).items():
            PUBLISHED.labels(message).inc(count)
        return confirmed

    async def delete(self, confirmed: Sequence[Outgoing]) -> None:
        """Forget rows that the broker has."""
        rows = [
            {"m": row.message, "k": row.key, "v": row.version, "d": row.detail}
            for row in sorted(confirmed, key=lambda row: (row.message, row.key))
        ]
        async with self._db.write(batch=True) as conn:
            await conn.execute(_delete_confirmed, rows)

    async def sweep(self, *, older_than: float) -> int:
        """Publish rows that have waited too long, oldest first; how many were confirmed.

        Where the broker refuses some (nobody is bound to hear them), the sweep ends there and the next one goes on
        behind them, so that they hold up nobody else's.
        """
        await self._measure()
        limit = self._clock() - timedelta(seconds=older_than)
        sent = 0
        while self._bus.connected.is_set():
            found = await self._waiting_since(limit)
            at_hand = (*self._rows, *self._on_their_way, *self._confirmed)
            mine = {(row.message, row.key, row.version) for row in at_hand}
            rows = [row for row in found if (row.message, row.key, row.version) not in mine]
            confirmed = await self.publish(rows) if rows else []
            if confirmed:
                await self.delete(confirmed)
            sent += len(confirmed)
            if len(found) < ROUND or len(confirmed) < len(rows):
                break
        if sent:
            log.info("outbox.swept", service=self._bus.service, rows=sent)
        return sent

    async def _waiting_since(self, limit: datetime) -> list[Outgoing]:
        """The next rows behind the position, which moves behind them; from the start again after the last."""
        statement = select(outbox).where(outbox.c.created_at <= limit).order_by(*_position.clauses).limit(ROUND)
        if self._swept_to is not None:
            moment, message, key = self._swept_to
            statement = statement.where(_position > tuple_(literal(moment, UtcDateTime()), message, key))
        async with self._db.read() as conn:
            found = (await conn.execute(statement)).all()
        last = found[-1] if len(found) == ROUND else None
        self._swept_to = (last.created_at, last.message, last.key) if last else None
        return [Outgoing(row.message, row.key, row.shop, row.detail, row.version, row.body.encode()) for row in found]

    async def _measure(self) -> None:
        async with self._db.read() as conn:
            rows, oldest = (await conn.execute(select(func.count(), func.min(outbox.c.created_at)))).one()
        UNSENT.labels(self._bus.service).set(rows)
        OLDEST.labels(self._bus.service).set((self._clock() - oldest).total_seconds() if oldest else 0)

    async def _run(self) -> None:
        now = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._delete_at):
                    await self._work.wait()
            self._work.clear()
            try:
                while self._rows or self._hints:
                    await self._round()
                if self._delete_at is not None and (now() >= self._delete_at or self._stopping):
                    await self._delete_confirmed()
            except Exception as error:  # the rows stand in the database; the sweep has them
                log.warning("outbox.dispatch_failed", service=self._bus.service, error=error)
                self._work.set()
            if self._stopping and self.idle:
                return

    async def _round(self) -> None:
        rows = [self._rows.popleft() for _ in range(min(ROUND, len(self._rows)))]
        hints, self._hints = list(self._hints.items()), {}
        if rows:
            self._on_their_way = rows
            try:
                self._confirmed += await self.publish(rows)
            finally:
                self._on_their_way = []
            if self._confirmed and self._delete_at is None:
                self._delete_at = asyncio.get_running_loop().time() + self._rest
            if len(self._confirmed) >= ROUND:
                await self._delete_confirmed()
        if hints:
            await self._bus.publish_hints(hints)

    async def _delete_confirmed(self) -> None:
        rows, self._confirmed, self._delete_at = self._confirmed, [], None
        started = perf_counter()
        await self.delete(rows)
        self._rest = min(REST * (perf_counter() - started), LONGEST_REST)
