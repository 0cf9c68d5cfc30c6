"""Names and arguments of everything declared in the broker.

Exchange `comptoir` (topic); routing key `<message>.<shop>.<detail>`, where detail is `all` or the one service a re-send
is for; queue `<service>.<message>`; dead letters `<queue>.dead`. Changing an argument of an existing queue is refused
by the broker: such a change needs a new queue name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel

EXCHANGE = "comptoir"
ALL = "all"
DELIVERY_LIMIT = 20
HEARTBEAT_SECONDS = 15
"""A connection that is silent for three of these is dead; the clients' default would take three minutes."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One service hearing one message."""

    service: str
    message: str

    @property
    def queue(self) -> str:
        return f"{self.service}.{self.message}"

    @property
    def dead(self) -> str:
        return f"{self.queue}.dead"

    @property
    def bindings(self) -> tuple[str, ...]:
        """Routing keys heard: what is for all, and what is for this service."""
        if self.message.startswith("digest."):
            return (f"{self.message}.#",)
        return tuple(f"{self.message}.*.{detail}" for detail in (ALL, self.service))


def routing_key(message: str, shop: str, detail: str = ALL) -> str:
    """Where a message goes."""
    return f"{message}.{shop}.{detail}"


def with_heartbeat(url: str) -> str:
    """The broker's address with our heartbeat, unless it names one."""
    if "heartbeat=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}heartbeat={HEARTBEAT_SECONDS}"


async def declare(channel: AbstractChannel, subscriptions: Iterable[Subscription]) -> None:
    """Declare the exchange and the queues; nothing happens where they exist."""
    exchange = await channel.declare_exchange(EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
    for subscription in subscriptions:
        await channel.declare_queue(subscription.dead, durable=True, arguments={"x-queue-type": "quorum"})
        queue = await channel.declare_queue(
            subscription.queue,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": subscription.dead,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        for key in subscription.bindings:
            await queue.bind(exchange, key)
