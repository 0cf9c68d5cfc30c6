"""What the behaviour tests say to a broker, in plain aio-pika; every wait has an observable and a deadline."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from pamqp.common import FieldTable

from tests.eventually import eventually as first_true

DEADLINE = 10.0
CLASSIC: FieldTable = {}
QUORUM: FieldTable = {"x-queue-type": "quorum"}
LIMITED: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 3}
KINDS = pytest.mark.parametrize(
    "arguments",
    [pytest.param(CLASSIC, id="classic"), pytest.param(QUORUM, id="quorum"), pytest.param(LIMITED, id="limited")],
)

Seen = tuple[str, bool, object]
"""Body, redelivered flag, x-delivery-count (None where the header is absent)."""

Result = TypeVar("Result")


async def eventually(
    look: Callable[[], Awaitable[Result]], wanted: Callable[[Result], bool], *, seconds: float = DEADLINE
) -> Result:
    """Look until the result is as wanted; after the deadline return the last one, so that an assertion can show it."""
    seen: list[Result] = []

    async def is_wanted() -> bool:
        seen.append(await look())
        return wanted(seen[-1])

    with suppress(AssertionError):
        await first_true(is_wanted, seconds=seconds, every=0.01)
    return seen[-1]


async def publish(channel: AbstractChannel, queue: AbstractQueue, *bodies: str) -> None:
    """Through the default exchange, one after the other, each confirmed."""
    for body in bodies:
        await channel.default_exchange.publish(Message(body.encode()), queue.name, timeout=DEADLINE)


async def take(queue: AbstractQueue, *, no_ack: bool = False) -> AbstractIncomingMessage:
    """The next message by basic.get; a message on its way back is waited for."""
    message = await eventually(
        lambda: queue.get(fail=False, no_ack=no_ack, timeout=DEADLINE), lambda found: found is not None
    )
    assert message is not None, f"no message in {queue.name}"
    return message


def seen(message: AbstractIncomingMessage) -> Seen:
    """What a test compares."""
    return message.body.decode(), bool(message.redelivered), message.headers.get("x-delivery-count")


async def drain(queue: AbstractQueue, count: int) -> list[Seen]:
    """Get and acknowledge `count` messages."""
    found = []
    for _ in range(count):
        message = await take(queue)
        found.append(seen(message))
        await message.ack()
    return found


async def message_count(queue: AbstractQueue) -> int:
    """How many messages wait now; those that consumers hold are not counted."""
    underlay = await queue.channel.get_underlay_channel()
    return (await underlay.queue_declare(queue.name, passive=True, timeout=DEADLINE)).message_count or 0


async def waiting(queue: AbstractQueue, count: int, *, seconds: float = DEADLINE) -> int:
    """How many messages wait, looked at until it is `count`."""
    return await eventually(lambda: message_count(queue), lambda found: found == count, seconds=seconds)


async def consumers(queue: AbstractQueue, count: int) -> int:
    """How many consumers the broker counts, looked at until it is `count`."""

    async def look() -> int:
        underlay = await queue.channel.get_underlay_channel()
        return (await underlay.queue_declare(queue.name, passive=True, timeout=DEADLINE)).consumer_count or 0

    return await eventually(look, lambda found: found == count)


class Inbox:
    """A consumer that keeps what it gets and settles nothing."""

    def __init__(self) -> None:
        self.messages: list[AbstractIncomingMessage] = []

    async def __call__(self, message: AbstractIncomingMessage) -> None:
        """The callback for `queue.consume`."""
        self.messages.append(message)

    async def after(self, count: int) -> Sequence[AbstractIncomingMessage]:
        """What has come once there are `count` messages, or what had come at the deadline."""

        async def look() -> list[AbstractIncomingMessage]:
            return self.messages

        return await eventually(look, lambda found: len(found) >= count)

    async def bodies(self, count: int) -> list[str]:
        """The bodies of the first `count` messages."""
        return [message.body.decode() for message in await self.after(count)]
