"""Who may write to a SQLite file next.

A file has one writer at a time. The wait for it happens here, in asyncio, and not in SQLite's busy handler, so that it
has an order: requests pass before batches, and nobody is starved by polling.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriterTurn:
    """A lock that serves requests before batches, each first come first served."""

    def __init__(self) -> None:
        self._taken = False
        self._requests: deque[asyncio.Future[None]] = deque()
        self._batches: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def taken(self, *, batch: bool) -> AsyncIterator[None]:
        """Hold the turn for the block."""
        await self._acquire(self._batches if batch else self._requests)
        try:
            yield
        finally:
            self._pass_on()

    async def _acquire(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given to us in the very moment we were cancelled
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        for queue in (self._requests, self._batches):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._taken = False
