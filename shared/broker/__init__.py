"""The way in and out of RabbitMQ: one topic exchange, a quorum queue per (service, message), confirms on every publish.

`Bus` keeps two connections, so that a broker that blocks publishers (memory or disk alarm) never stops consumers. It is
supervised: whatever the clients' own recovery misses (a connection that hangs, a channel that does not come back, a
consumer the broker no longer counts) ends in closing everything and connecting from nothing. Neighbours: `topology`
(names and arguments), `consuming` (FastStream's side), `publishing` (pipelined, with confirms), `probing` (bounded
questions to the broker), `hints` (the lossy note that an order changed), `embedded` (the broker inside the process).
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from faststream.rabbit import RabbitBroker

from shared.broker.consuming import Submit, consuming_broker
from shared.broker.hints import Hints
from shared.broker.probing import brief_channel, closed, consumer_count, depth_of, uncancelled
from shared.broker.publishing import Outgoing, publish_pipelined
from shared.broker.topology import EXCHANGE, Subscription, declare, with_heartbeat
from shared.observability import get_logger

__all__ = ["Bus", "Dead", "Hints", "Outgoing", "Subscription"]

log = get_logger(__name__)

AMQP_SECONDS = 10.0
"""Every await on the broker is bounded by this; a publish that runs into it is of unknown outcome and is sent again."""
CHECK_SECONDS = 5.0
LONGEST_PAUSE = 5.0
STOP_TRIES = 3


@dataclass(frozen=True, slots=True)
class Dead:
    """A message past the delivery limit; `acknowledge` takes it off the dead-letter queue."""

    message: str
    body: bytes
    acknowledge: Callable[[], Awaitable[None]]


class Bus:
    """A service's connection to the broker. `connected` is set while both directions work."""

    def __init__(self, url: str, *, service: str, prefetch: int = 200) -> None:
        self.url = url
        self.service = service
        self.prefetch = prefetch
        self.connected = asyncio.Event()
        self.hints = Hints()
        self._subscriptions: list[tuple[Subscription, Submit]] = []
        self._hearers: list[Subscription] = []
        self._listens = True
        self._stopping = False
        self._unanswered = False
        self._supervisor: asyncio.Task[None] | None = None
        self._consuming: RabbitBroker | None = None
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchange: AbstractExchange | None = None

    def subscribe(self, subscription: Subscription, submit: Submit) -> None:
        """Have `submit` called with the body of every message; it is acknowledged when the call returns."""
        self._subscriptions.append((subscription, submit))

    def speak_to(self, hearers: Iterable[Subscription]) -> None:
        """Declare these queues of other services, too: what is published waits there for one that never started yet."""
        self._hearers.extend(hearers)

    def silence(self) -> None:
        """Hear nothing: this process publishes, and looks after the dead letters."""
        self._listens = False

    @property
    def subscriptions(self) -> list[Subscription]:
        """What the service hears, in this process or another."""
        return [subscription for subscription, _ in self._subscriptions]

    async def start(self) -> None:
        """Begin connecting; returns at once, since a service works without the broker (its outbox grows)."""
        self._supervisor = asyncio.create_task(self._supervise(), name=f"bus-{self.service}")

    async def stop(self) -> None:
        """Stop consuming, then close, in a few seconds at most. What was not acknowledged is delivered again."""
        self._stopping = True
        for _ in range(STOP_TRIES):  # the client may turn a cancellation into an error of its own
            if self._supervisor is not None and not self._supervisor.done():
                self._supervisor.cancel()
                await asyncio.wait({self._supervisor}, timeout=1.0)
        self.connected.clear()
        await self._disconnect()

    async def publish(self, rows: Sequence[Outgoing]) -> list[bool]:
        """Send pipelined; per row whether the broker confirmed it. False means unknown: send it again.

        A broker that answers nothing (an alarm blocks publishers) gets one row at a time to try it with, since what is
        written to a blocked connection stays in memory.
        """
        channel = self._channel
        if channel is None or not self.connected.is_set():
            return [False] * len(rows)
        first = rows[:1] if self._unanswered else rows
        results = await publish_pipelined(channel, first, AMQP_SECONDS)
        self._unanswered = bool(results) and all(isinstance(error, TimeoutError) for error in results)
        if not self._unanswered and len(first) < len(rows):
            results += await publish_pipelined(channel, rows[1:], AMQP_SECONDS)
        failed = [error for error in results if error is not None]
        if failed:
            log.warning("broker.publish_failed", service=self.service, count=len(failed), error=failed[0])
        confirmed = [error is None for error in results]
        return confirmed + [False] * (len(rows) - len(confirmed))

    async def publish_hints(self, hints: Sequence[tuple[str, int]]) -> None:
        """Tell every api process which orders changed; lossy by design."""
        if self._exchange is not None and self.connected.is_set():
            with contextlib.suppress(Exception), uncancelled():
                await self.hints.publish(self._exchange, hints)

    async def depth(self, queue: str) -> int | None:
        """How many messages wait in a queue; None when that cannot be told."""
        connection = self._connection
        if connection is None or not self.connected.is_set():
            return None
        try:
            with uncancelled():
                return await depth_of(connection, queue, AMQP_SECONDS)
        except (aio_pika.exceptions.AMQPError, OSError, RuntimeError):
            return None

    async def take_dead(self, limit: int = 100) -> list[Dead]:
        """What fell past the delivery limit on this service's queues."""
        taken: list[Dead] = []
        if self._channel is None or not self.connected.is_set():
            return taken
        with uncancelled():
            for subscription in self.subscriptions:
                async with asyncio.timeout(AMQP_SECONDS):
                    queue = await self._channel.get_queue(subscription.dead, ensure=False)
                    while len(taken) < limit and (message := await queue.get(fail=False, timeout=AMQP_SECONDS)):
                        taken.append(Dead(subscription.message, message.body, message.ack))
        return taken

    async def _supervise(self) -> None:
        pause = 0.1
        while not self._stopping:
            woken = asyncio.Event()
            try:
                with uncancelled():
                    await self._connect(woken)
                    pause = 0.1
                    self.connected.set()
                    log.info("broker.connected", service=self.service)
                    await self._until_lost(woken)
                log.warning("broker.lost", service=self.service)
            except Exception as error:
                log.warning("broker.lost", service=self.service, error=error, again_in=pause)
            self.connected.clear()
            await self._disconnect()
            # Not all at once: every service of an installation has lost the broker in the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self, woken: asyncio.Event) -> None:
        """Both connections, everything declared; `woken` is set when either of them is closed."""
        await self._connect_publisher(woken)
        if self._listens and self._subscriptions:
            url = with_heartbeat(self.url)
            async with asyncio.timeout(AMQP_SECONDS * 2):
                self._consuming = consuming_broker(
                    url, self._subscriptions, prefetch=self.prefetch, seconds=AMQP_SECONDS, on_close=woken.set
                )
                await self._consuming.start()

    async def _connect_publisher(self, woken: asyncio.Event) -> None:
        """The publishing connection alone, anew if there was one: an alarm blocks it, and consumers go on meanwhile."""
        if self._connection is not None:
            await closed(self._connection.close)
        async with asyncio.timeout(AMQP_SECONDS * 2):
            connection = self._connection = await aio_pika.connect(with_heartbeat(self.url), timeout=AMQP_SECONDS)
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await declare(channel, (*self.subscriptions, *self._hearers))
            self._exchange = await channel.get_exchange(EXCHANGE, ensure=False)
            await self.hints.listen(connection)
        self._channel = channel
        for closeable in (connection, channel):
            closeable.close_callbacks.add(lambda *_: woken.set())

    async def _until_lost(self, woken: asyncio.Event) -> None:
        """Return, or raise, when everything should be given up."""
        while await self._hears():
            if not await self._speaks():
                log.warning("broker.publisher_lost", service=self.service)
                await self._connect_publisher(woken)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), CHECK_SECONDS)
            woken.clear()

    async def _speaks(self) -> bool:
        """Whether the publishing channel is open and its connection answers."""
        if self._connection is None or self._channel is None or self._channel.is_closed:
            return False
        try:
            with uncancelled():
                async with brief_channel(self._connection, AMQP_SECONDS):
                    return True
        except (aio_pika.exceptions.AMQPError, OSError, RuntimeError):
            return False

    async def _hears(self) -> bool:
        """Whether the consuming connection answers, and the broker counts a consumer on each of our queues."""
        if self._consuming is None:
            return True
        connection = await self._consuming.connect()
        for subscription in self.subscriptions:
            if not await consumer_count(connection, subscription.queue, AMQP_SECONDS):
                log.warning("broker.consumer_lost", queue=subscription.queue)
                return False
        return True

    async def _disconnect(self) -> None:
        consuming, connection = self._consuming, self._connection
        self._consuming = self._connection = self._channel = self._exchange = None
        closing = [closed(part) for part in (consuming and consuming.stop, connection and connection.close) if part]
        await asyncio.gather(*closing)
