"""Hints: "this order has a new revision", so that a waiting request or an open page looks again.

Not messages: transient, unconfirmed, coalesced, and lost without harm, since whoever waits also looks by itself. Each
api process has one exclusive queue for them; what this process itself changes is told directly.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import aio_pika
import orjson
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractIncomingMessage

from shared.broker.topology import EXCHANGE

ROUTING_KEY = "hint"
Watcher = Callable[[Sequence[tuple[str, int]]], None]


class Hints:
    """Who waits for which order."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._watchers: list[Watcher] = []
        self.wanted = False
        """Whether this process listens to other processes' hints (it has pages or waiting requests)."""

    @asynccontextmanager
    async def waiting(self, order: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever the order may have changed; clear it before looking."""
        event = asyncio.Event()
        self._waiting[order].add(event)
        try:
            yield event
        finally:
            self._waiting[order].discard(event)
            if not self._waiting[order]:
                del self._waiting[order]

    @contextmanager
    def watching(self, watcher: Watcher) -> Iterator[None]:
        """Have all hints told to `watcher`, which must not wait."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)

    def tell(self, hints: Sequence[tuple[str, int]]) -> None:
        """Wake whoever waits in this process."""
        for watcher in self._watchers:
            watcher(hints)
        for order, _revision in hints:
            for event in self._waiting.get(order, ()):
                event.set()

    async def publish(self, exchange: AbstractExchange, hints: Sequence[tuple[str, int]]) -> None:
        """Tell the other processes."""
        message = aio_pika.Message(orjson.dumps(hints), delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT)
        await exchange.publish(message, routing_key=ROUTING_KEY, mandatory=False, timeout=5.0)

    async def listen(self, connection: AbstractConnection) -> None:
        """Hear the other processes, where this one has somebody to wake."""
        if not self.wanted:
            return
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True, auto_delete=True, arguments={"x-max-length": 1000})
        await queue.bind(EXCHANGE, ROUTING_KEY)
        await queue.consume(self._on_hint, no_ack=True)

    async def _on_hint(self, message: AbstractIncomingMessage) -> None:
        self.tell(orjson.loads(message.body))
