"""Questions to the broker and the end of a connection, each bounded in time.

A broker that is paused, or behind a line that swallows everything, answers nothing at all: then even closing hangs.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from aio_pika.abc import AbstractChannel, AbstractConnection

CLOSE_SECONDS = 3.0


@contextmanager
def uncancelled() -> Iterator[None]:
    """Where a connection closes, the client cancels whoever waits for an answer on it; that is a ConnectionError here.

    A task that nobody cancelled would end by it without a word: a job, the supervisor of a bus.
    """
    try:
        yield
    except asyncio.CancelledError as cancelled:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection was closed while an answer was waited for") from cancelled


@asynccontextmanager
async def brief_channel(connection: AbstractConnection, seconds: float) -> AsyncIterator[AbstractChannel]:
    """A channel of its own for one question, since a refusal closes the channel. Raises TimeoutError."""
    channel = connection.channel(publisher_confirms=False)
    try:
        async with asyncio.timeout(seconds):
            await channel.initialize()
            yield channel
    finally:
        await closed(channel.close)


async def depth_of(connection: AbstractConnection, queue: str, seconds: float) -> int:
    """How many messages wait in the queue."""
    async with brief_channel(connection, seconds) as channel:
        declared = await channel.declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0


async def consumer_count(connection: AbstractConnection, queue: str, seconds: float) -> int:
    """How many consumers the broker counts on the queue."""
    async with brief_channel(connection, seconds) as channel:
        declared = await channel.declare_queue(queue, passive=True)
        return declared.declaration_result.consumer_count or 0


async def closed(close: Callable[[], Awaitable[object]]) -> None:
    """Close something, or leave it after a moment: nobody waits for what it says."""
    with contextlib.suppress(Exception), uncancelled():
        async with asyncio.timeout(CLOSE_SECONDS):
            await close()
