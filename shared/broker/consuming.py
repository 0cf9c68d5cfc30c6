"""The consuming side, by FastStream: one subscriber and one channel per queue, raw bodies.

A handler that returns acknowledges; one that is cancelled does nothing, and the message is delivered again; one that
raises rejects to the dead letters, which only a bug of ours can cause (`shared.batch` parks what it cannot apply).
"""

from collections.abc import Awaitable, Callable, Sequence

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage

from shared.broker.topology import Subscription

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
        broker.subscriber(
            RabbitQueue(subscription.queue, declare=False),
            channel=Channel(prefetch_count=prefetch),
            ack_policy=AckPolicy.REJECT_ON_ERROR,
            decoder=_raw_body,
            no_reply=True,
        )(submit)
    return broker


async def _raw_body(message: RabbitMessage) -> bytes:
    return bytes(message.body)
