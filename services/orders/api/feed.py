"""What changes, as this process sees it: one look at the database for all who listen, and nothing kept for one of them.

Hints say which orders to look at, those of other processes too; as hints may be lost, a sweep looks for the rest. Who
listens takes events at its own pace from a short memory that all share, and whoever falls out of it, or comes back
after an interruption, is told from the database how the orders that changed meanwhile now are. So a change may be told
twice and an order that changed twice may be told once, but none is left out. `events` writes this to clients.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from services.orders.queries.changes import Changed, Place, changed_since, find_changed
from shared.broker import Hints
from shared.database import Clock, Database
from shared.observability import get_logger

log = get_logger(__name__)

OVERLAP = timedelta(minutes=1)
"""Longer than a transaction lasts, and than clocks differ: a change is committed later than its time."""
KEPT = 1_000
"""Events that are remembered, whoever listens."""
PAGE = 200


@dataclass(frozen=True, slots=True)
class Event:
    """An order that changed, and how; `number` counts the events of this process."""

    changed: Changed
    kind: Literal["created", "changed", "deleted"]
    number: int = 0


class Feed:
    """The changes of the shops that somebody listens to; it does nothing while nobody does."""

    def __init__(
        self, db: Database, hints: Hints, clock: Clock, *, sweep_seconds: float, heartbeat_seconds: float
    ) -> None:
        self.heartbeat_seconds = heartbeat_seconds
        self._db = db
        self._hints = hints
        self._clock = clock
        self._sweep_seconds = sweep_seconds
        self._sweep_at = 0.0
        self._listeners: Counter[str] = Counter()
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._number = 0
        self._known: dict[str, Changed] = {}
        """What was told, or was so before anybody listened, of the last minutes."""
        self._hinted: set[str] = set()
        self._wanted = asyncio.Event()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def close(self) -> None:
        """End all streams: the process stops."""
        self.closed = True
        self._news.set()

    @asynccontextmanager
    async def listening(self, shop: str, since: datetime | None) -> AsyncIterator[AsyncIterator[Event | None]]:
        """The changes from a time on, else from now; None after every `heartbeat_seconds` without any."""
        self._listeners[shop] += 1
        try:
            if self._task is None:
                self._task = asyncio.create_task(self._run(), name="orders-feed")
            if self._listeners[shop] == 1:
                self._know(await self._recent(shop))
            yield self._follow(shop, self._number, since or self._clock(), behind=since is not None)
        finally:
            self._listeners[shop] -= 1
            if not self._listeners.total() and self._task is not None:
                self._task.cancel()
                self._task = None
                self._known.clear()
                self._hinted.clear()

    async def _follow(self, shop: str, position: int, last: datetime, *, behind: bool) -> AsyncIterator[Event | None]:
        """From a position on, at the listener's pace; `last` is when the last one told happened."""
        while not self.closed:
            news = self._news
            if behind:
                position = self._number
                async for event in self._replay(shop, last):
                    yield event
                    last = event.changed.updated_at
            behind = bool(self._events) and self._events[0].number > position + 1
            if behind:
                continue
            for event in self._page(position):
                position = event.number
                if event.changed.shop == shop:
                    yield event
                    last = event.changed.updated_at
            if position == self._number and not await _set_within(news, self.heartbeat_seconds):
                yield None

    def _page(self, position: int) -> list[Event]:
        """The next events behind a position."""
        skipped = position - self._events[0].number + 1 if self._events else 0
        return list(islice(self._events, skipped, skipped + PAGE))

    async def _replay(self, shop: str, since: datetime) -> AsyncIterator[Event]:
        """What changed since a time, and shortly before; the connection is given back before anything is told."""
        after: Place | None = None
        page: Sequence[Changed] = ()
        while after is None or len(page) == PAGE:
            async with self._db.read() as conn:
                page = await changed_since(conn, shop, since - OVERLAP, after, PAGE)
            for changed in page:
                if self.closed:
                    return
                yield Event(changed, _kind(changed, created=changed.created_at > since))
            if not page:
                return
            after = page[-1].place

    async def _run(self) -> None:
        with self._hints.watching(self._on_hints):
            while True:
                try:
                    await self._look()
                except Exception as error:
                    log.warning("events.look_failed", error=error)
                self._wanted.clear()
                if not self._hinted:
                    await _set_within(self._wanted, self._sweep_seconds)

    def _on_hints(self, hints: Sequence[tuple[str, int]]) -> None:
        """Note which orders to look at; the sweep finds those that are too many."""
        if len(self._hinted) < KEPT:
            self._hinted.update(order for order, _revision in hints)
        self._wanted.set()

    async def _look(self) -> None:
        ids = list(islice(self._hinted, PAGE))
        self._hinted.difference_update(ids)
        if ids:
            async with self._db.read() as conn:
                self._tell(await find_changed(conn, ids))
        now = asyncio.get_running_loop().time()
        if now >= self._sweep_at:
            self._sweep_at = now + self._sweep_seconds
            self._forget()
            for shop in [shop for shop, listeners in self._listeners.items() if listeners]:
                self._tell(await self._recent(shop))

    async def _recent(self, shop: str) -> list[Changed]:
        """What changed within the overlap."""
        found: list[Changed] = []
        since, after = self._clock() - OVERLAP, None
        while True:
            async with self._db.read() as conn:
                page = await changed_since(conn, shop, since, after, PAGE)
            found += page
            if len(page) < PAGE:
                return found
            after = page[-1].place

    def _tell(self, found: Sequence[Changed]) -> None:
        recently = self._clock() - OVERLAP
        fresh = [changed for changed in found if self._listeners[changed.shop] and self._is_news(changed)]
        for changed in sorted(fresh, key=lambda changed: changed.place):
            created = changed.id not in self._known and changed.created_at > recently
            self._number += 1
            self._events.append(Event(changed, _kind(changed, created=created), self._number))
        self._know(fresh)
        if fresh:
            news, self._news = self._news, asyncio.Event()
            news.set()

    def _is_news(self, changed: Changed) -> bool:
        known = self._known.get(changed.id)
        return known is None or known.revision < changed.revision

    def _know(self, found: Sequence[Changed]) -> None:
        self._known |= {changed.id: changed for changed in found if self._is_news(changed)}

    def _forget(self) -> None:
        """What no sweep looks at any more."""
        limit = self._clock() - 2 * OVERLAP
        self._known = {id_: changed for id_, changed in self._known.items() if changed.updated_at > limit}


def _kind(changed: Changed, *, created: bool) -> Literal["created", "changed", "deleted"]:
    if changed.deleted:
        return "deleted"
    return "created" if created else "changed"


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
