"""The consuming side, by FastStream: one subscriber and one channel per queue, raw bodies.

A handler that returns acknowledges; one that is cancelled does nothing, and the message is delivered again; one that
raises rejects to the dead letters, which only a bug of ours can cause (`shared.batch` parks what it cannot apply).
Acknowledging is manual, since what a batch has dealt with can be said in one frame.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.subscriber import RabbitSubscriber

from shared.broker.topology import Subscription
from shared.observability import get_logger

log = get_logger(__name__)

Submit = Callable[[bytes], Awaitable[None]]

GRACE_SECONDS = 2.0
"""How long a stop waits for running handlers; `shared.batch` has let its batch end before."""
NEVER = 3600.0
"""The client shall not reconnect by itself: the bus does, from nothing."""


def consuming_broker(
    url: str,
    subscriptions: Sequence[tuple[Subscription, Submit]],
    *,
    prefetch: int,
    seconds: float,
    on_close: Callable[[], None],
) -> RabbitBroker:
    """A FastStream broker that hears these queues once it is started; `on_close` when its connection is gone."""
    broker = RabbitBroker(
        url,
        logger=None,
        apply_types=False,
        timeout=seconds,
        reconnect_interval=NEVER,
        graceful_timeout=GRACE_SECONDS,
        on_close=[lambda *_: on_close()],
    )
    for subscription, submit in subscriptions:
        subscriber = broker.subscriber(
            RabbitQueue(subscription.queue, declare=False),
            channel=Channel(prefetch_count=prefetch),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
        )
        subscriber(submit)
        subscriber.consume = _straight(subscriber, submit)  # type: ignore[assignment, method-assign]
    return broker


def _straight(
    subscriber: RabbitSubscriber, submit: Submit
) -> Callable[[AbstractIncomingMessage], Coroutine[Any, Any, None]]:
    """What FastStream calls for each message, in place of its own: body in, outcome to the broker.

    Its middlewares, context and parsing find nothing to do with bytes, and cost as much as all the rest of hearing. And
    it drops, without a word to the broker, what is delivered before its own call to consume has returned.
    """
    deliveries = _Deliveries()
    has_run = False

    async def consume(delivery: AbstractIncomingMessage) -> None:
        nonlocal deliveries, has_run
        has_run = has_run or subscriber.running
        if has_run and not subscriber.running:  # it stops
            return
        if delivery.delivery_tag == 1:  # a new channel counts anew
            deliveries = _Deliveries()
        mine = deliveries
        with subscriber.lock:  # which a stop waits for
            try:
                await submit(delivery.body)
            except asyncio.CancelledError:
                mine.one_by_one = True
                raise
            except Exception as error:
                mine.one_by_one = True
                log.error("broker.rejected", exc_info=error)
                await delivery.reject()
            else:
                mine.done(delivery)

    return consume


class _Deliveries:
    """What was delivered on one channel: an unbroken row of finished messages is acknowledged in one frame.

    A message that finished before an older one is acknowledged by itself. After a delivery that was not acknowledged
    (a bug, or the end of the process) all are: `one_by_one`.
    """

    def __init__(self) -> None:
        self.one_by_one = False
        self._settled = 0
        self._done: dict[int, AbstractIncomingMessage] = {}
        self._ahead: set[int] = set()
        self._flushing: asyncio.Task[None] | None = None

    def done(self, delivery: AbstractIncomingMessage) -> None:
        """Have it acknowledged, together with all that finish in this turn of the loop."""
        self._done[delivery.delivery_tag or 0] = delivery
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush(), name="acknowledge")

    async def _flush(self) -> None:
        while self._done:
            await asyncio.sleep(0)
            done, self._done = self._done, {}
            last = None if self.one_by_one else self._end_of_row(done)
            with contextlib.suppress(Exception):  # the channel is gone: the broker delivers them again
                if last is not None:
                    await last.ack(multiple=True)
                for delivery in done.values():
                    await delivery.ack()

    def _end_of_row(self, done: dict[int, AbstractIncomingMessage]) -> AbstractIncomingMessage | None:
        """The newest of `done` that ends the unbroken row of all that finished; takes the row out of `done`."""
        last = None
        while (tag := self._settled + 1) in done or tag in self._ahead:
            last = done.pop(tag, last)
            self._ahead.discard(tag)
            self._settled = tag
        self._ahead.update(done)
        return last
