"""The way in and out of RabbitMQ: one topic exchange, a quorum queue per (service, message), confirms on every publish.

`Bus` keeps two connections, so that a broker that blocks publishers (memory or disk alarm) never stops consumers. It is
supervised: whatever the clients' own recovery misses (a connection that hangs, a channel that does not come back, a
consumer the broker no longer counts) ends in closing everything and connecting from nothing. Neighbours: `topology`
(names and arguments), `hints` (the lossy note that an order changed), `embedded` (the broker inside the process).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage

from shared.broker.hints import Hints
from shared.broker.topology import EXCHANGE, Subscription, declare, routing_key
from shared.observability import get_logger

__all__ = ["Bus", "Dead", "Hints", "Outgoing", "Subscription"]

log = get_logger(__name__)

AMQP_SECONDS = 10.0
"""Every await on the broker is bounded by this; a publish that runs into it is of unknown outcome and is sent again."""
CHECK_SECONDS = 5.0
Submit = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way out, as the outbox holds it."""

    message: str
    key: str
    shop: str
    detail: str
    version: int
    body: bytes


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
        self._supervisor: asyncio.Task[None] | None = None
        self._consuming: RabbitBroker | None = None
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchange: AbstractExchange | None = None

    def subscribe(self, subscription: Subscription, submit: Submit) -> None:
        """Have `submit` called with the body of every message; it is acknowledged when the call returns."""
        self._subscriptions.append((subscription, submit))

    def silence(self) -> None:
        """Hear nothing: this process publishes only."""
        self._subscriptions.clear()

    @property
    def subscriptions(self) -> list[Subscription]:
        return [subscription for subscription, _ in self._subscriptions]

    async def start(self) -> None:
        """Begin connecting; returns at once, since a service works without the broker (its outbox grows)."""
        self._supervisor = asyncio.create_task(self._supervise(), name=f"bus-{self.service}")

    async def stop(self) -> None:
        """Stop consuming, then close. What was not acknowledged is delivered again."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        self.connected.clear()
        await self._disconnect()

    async def publish(self, rows: Sequence[Outgoing]) -> list[bool]:
        """Send pipelined; per row whether the broker confirmed it. False means unknown: send it again."""
        exchange = self._exchange
        if exchange is None or not self.connected.is_set():
            return [False] * len(rows)
        results = await asyncio.gather(*(_send(exchange, row) for row in rows), return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            log.warning("broker.publish_failed", count=len(failed), error=repr(failed[0]))
        return [not isinstance(result, BaseException) for result in results]

    async def publish_hints(self, hints: Sequence[tuple[str, int]]) -> None:
        """Tell every api process which orders changed; lossy by design."""
        if self._exchange is not None and self.connected.is_set():
            with contextlib.suppress(Exception):
                await self.hints.publish(self._exchange, hints)

    async def depth(self, queue: str) -> int | None:
        """How many messages wait in a queue; None when that cannot be told."""
        connection = self._connection
        if connection is None or not self.connected.is_set():
            return None
        try:
            async with asyncio.timeout(AMQP_SECONDS), connection.channel() as channel:
                declared = await channel.declare_queue(queue, passive=True)
                return declared.declaration_result.message_count
        except (aio_pika.exceptions.AMQPError, TimeoutError, ConnectionError):
            return None

    async def take_dead(self, limit: int = 100) -> list[Dead]:
        """What fell past the delivery limit on this service's queues."""
        taken: list[Dead] = []
        if self._channel is None or not self.connected.is_set():
            return taken
        for subscription in self.subscriptions:
            async with asyncio.timeout(AMQP_SECONDS):
                queue = await self._channel.get_queue(subscription.dead, ensure=False)
                while len(taken) < limit and (message := await queue.get(fail=False, timeout=AMQP_SECONDS)):
                    taken.append(Dead(subscription.message, message.body, message.ack))
        return taken

    async def _supervise(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._connect()
                pause = 0.1
                self.connected.set()
                log.info("broker.connected", service=self.service)
                await self._until_lost()
                log.warning("broker.lost", service=self.service)
            except Exception as error:
                log.warning("broker.lost", service=self.service, error=repr(error), again_in=pause)
            self.connected.clear()
            await self._disconnect()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def _connect(self) -> None:
        async with asyncio.timeout(AMQP_SECONDS * 3):
            self._connection = await aio_pika.connect(self.url, timeout=AMQP_SECONDS)
            self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            await declare(self._channel, self.subscriptions)
            self._exchange = await self._channel.get_exchange(EXCHANGE, ensure=False)
            await self.hints.listen(self._connection)
            if self._subscriptions:
                self._consuming = self._consumers()
                await self._consuming.start()

    def _consumers(self) -> RabbitBroker:
        """FastStream's side: one subscriber and one channel per queue, raw bodies, rejected (to the dead) on a bug."""
        broker = RabbitBroker(self.url, logger=None, apply_types=False, reconnect_interval=3600, graceful_timeout=5.0)
        for subscription, submit in self._subscriptions:
            broker.subscriber(
                RabbitQueue(subscription.queue, declare=False),
                channel=Channel(prefetch_count=self.prefetch),
                ack_policy=AckPolicy.REJECT_ON_ERROR,
                decoder=_raw_body,
                no_reply=True,
            )(submit)
        return broker

    async def _until_lost(self) -> None:
        """Return when this connection should be given up."""
        connection = self._connection
        if connection is None:
            return
        closed = asyncio.Event()
        connection.close_callbacks.add(lambda *_: closed.set())
        while not closed.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closed.wait(), CHECK_SECONDS)
            if closed.is_set() or not await self._counted(connection):
                return

    async def _counted(self, connection: AbstractConnection) -> bool:
        """Whether the broker still counts a consumer on each of our queues."""
        async with asyncio.timeout(AMQP_SECONDS), connection.channel() as channel:
            for subscription in self.subscriptions:
                declared = await channel.declare_queue(subscription.queue, passive=True)
                if not declared.declaration_result.consumer_count:
                    log.warning("broker.consumer_lost", queue=subscription.queue)
                    return False
        return True

    async def _disconnect(self) -> None:
        consuming, connection = self._consuming, self._connection
        self._consuming = self._connection = self._channel = self._exchange = None
        for closeable in (consuming.stop if consuming else None, connection.close if connection else None):
            if closeable is not None:
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(AMQP_SECONDS):
                        await closeable()


async def _send(exchange: AbstractExchange, row: Outgoing) -> None:
    message = aio_pika.Message(
        row.body,
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=f"{row.message}/{row.key}/{row.version}",
    )
    key = routing_key(row.message, row.shop, row.detail)
    await exchange.publish(message, routing_key=key, mandatory=True, timeout=AMQP_SECONDS)


async def _raw_body(message: RabbitMessage) -> bytes:
    return bytes(message.body)
