"""Random histories on both brokers at once: whatever a client does, it must see the same.

A history runs on the embedded broker first. Then it runs on RabbitMQ, where some things happen a moment later (what a
closed channel held returns, a dead letter travels); there the number of waiting messages is looked at until it is the
one that the embedded broker showed, so that a difference is a difference and not a race.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import aio_pika
import pytest
from aio_pika import ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import DeliveryError, PublishError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pamqp.common import FieldTable

from tests.shared.broker.amqp import DEADLINE, drain, message_count, seen, waiting

EXAMPLES = 40
GETS_PER_CHANNEL = 9
"""RabbitMQ names the gets of a channel by number and, at its end, returns what they hold in the order of these names:
"10" before "2". Nobody relies on that."""

How = Literal["ack", "requeue", "discard"]
HOW: tuple[How, ...] = ("requeue", "requeue", "ack", "discard")
PATTERNS = ("#", "a.*", "*.b", "a.b", "#.c.#")
KEYS = ("a.b", "a.c", "b", "", "x.c.y")
QUEUES: tuple[FieldTable, ...] = (
    {},
    {"x-max-length": 3},
    {"x-max-length": 3, "x-overflow": "reject-publish"},
    {"x-queue-type": "quorum"},
    {"x-queue-type": "quorum", "x-delivery-limit": 1},
    {"x-queue-type": "quorum", "x-delivery-limit": 0, "x-max-length": 3},
    {"x-queue-type": "quorum", "x-max-length": 4, "x-overflow": "reject-publish"},
)


@dataclass(frozen=True)
class Publish:
    """To the exchange with this key, or straight to the queue where it is None."""

    key: str | None


@dataclass(frozen=True)
class Get:
    """basic.get, with or without acknowledgement."""

    no_ack: bool


@dataclass(frozen=True)
class Settle:
    """One of the held messages, and with `multiple` all before it."""

    which: int
    how: How
    multiple: bool


@dataclass(frozen=True)
class Bind:
    """Make or remove a binding."""

    pattern: str
    remove: bool


@dataclass(frozen=True)
class Purge:
    """queue.purge."""


@dataclass(frozen=True)
class Reopen:
    """Close the channel with what it holds, and open another."""


Step = Publish | Get | Settle | Bind | Purge | Reopen
SETTLES: list[Step] = [
    Settle(which, how, multiple) for which in range(3) for how in HOW for multiple in (False, False, True)
]
ALPHABET: list[Step] = [
    *[Publish(None)] * 15,
    *[Publish(key) for key in KEYS] * 2,
    *[Get(no_ack=False)] * 20,
    *[Get(no_ack=True)] * 2,
    *SETTLES,
    *[Bind(pattern, remove) for pattern in PATTERNS for remove in (False, True)],
    Purge(),
    *[Reopen()] * 3,
]
"""Every step as often as it makes histories in which something happens."""


@dataclass
class Client:
    """Carries out steps and tells what it saw."""

    connection: AbstractConnection
    arguments: FieldTable
    name: str
    held: list[AbstractIncomingMessage] = field(default_factory=list)
    published: int = 0
    gets: int = 0

    async def open(self) -> None:
        """A channel, and on it the exchange, the queue under test and its dead-letter queue."""
        self.channel: AbstractChannel = await self.connection.channel(on_return_raises=True)
        self.exchange: AbstractExchange = await self.channel.declare_exchange(
            self.name, ExchangeType.TOPIC, durable=True
        )
        self.dead: AbstractQueue = await self.channel.declare_queue(f"{self.name}.dead", durable=True)
        to_dead: FieldTable = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.dead.name}
        self.queue = await self.channel.declare_queue(self.name, durable=True, arguments=self.arguments | to_dead)
        self.held, self.gets = [], 0

    async def do(self, step: Step) -> object:
        """What a client sees of the step."""
        match step:
            case Publish(key):
                return await self.publish(key)
            case Get(no_ack):
                return await self.get(no_ack)
            case Settle():
                return await self.settle(step)
            case Bind(pattern, remove):
                await (self.queue.unbind if remove else self.queue.bind)(self.exchange, pattern, timeout=DEADLINE)
            case Purge():
                return (await self.queue.purge(timeout=DEADLINE)).message_count
            case Reopen():
                await self.channel.close()
                await self.open()
        return None

    async def publish(self, key: str | None) -> str:
        """Confirmed, returned or refused."""
        self.published += 1
        exchange, key = (self.channel.default_exchange, self.queue.name) if key is None else (self.exchange, key)
        try:
            await exchange.publish(Message(str(self.published).encode()), key, timeout=DEADLINE)
        except PublishError:
            return "returned"
        except DeliveryError:
            return "refused"
        return "confirmed"

    async def get(self, no_ack: bool) -> object:
        """The message and how many wait behind it."""
        if self.gets == GETS_PER_CHANNEL:
            return "enough"
        message = await self.queue.get(no_ack=no_ack, fail=False, timeout=DEADLINE)
        if message is None:
            return None
        self.gets += 1
        if not no_ack:
            self.held.append(message)
        return *seen(message), message.message_count

    async def settle(self, step: Settle) -> object:
        """Which ones were settled."""
        if not self.held:
            return "nothing"
        which = step.which % len(self.held)
        message = self.held[which]
        if step.how == "ack":
            await message.ack(multiple=step.multiple)
        else:
            await message.nack(multiple=step.multiple, requeue=step.how == "requeue")
        first = 0 if step.multiple else which
        settled = self.held[first : which + 1]
        del self.held[first : which + 1]
        return [held.body for held in settled]


@dataclass(frozen=True)
class Observation:
    """What a client saw of one step, and how many messages waited then."""

    of: object
    outcome: object
    waiting: int


async def observe(
    url: str, arguments: FieldTable, steps: list[Step], name: str, known: list[Observation] | None = None
) -> list[Observation]:
    """Run the history until its end, or until it differs from `known`."""
    made: list[Observation] = []

    async def add(of: object, outcome: object, queue: AbstractQueue) -> bool:
        number = await (message_count(queue) if known is None else waiting(queue, known[len(made)].waiting, seconds=1))
        made.append(Observation(of, outcome, number))
        return known is None or made == known[: len(made)]

    async with opened(url, arguments, name) as client:
        await client.do(Bind("#", remove=False))
        for step in steps:
            if not await add(step, await client.do(step), client.queue):
                return made
        await client.do(Reopen())
        for queue in (client.queue, client.dead):
            if not await add("end", None, queue) or not await add("left", await drain(queue, made[-1].waiting), queue):
                return made
    return made


@asynccontextmanager
async def opened(url: str, arguments: FieldTable, name: str) -> AsyncIterator[Client]:
    """A client with its queues, which are deleted afterwards."""
    async with await aio_pika.connect(url, timeout=DEADLINE) as connection:
        client = Client(connection, arguments, name)
        await client.open()
        yield client
        for queue in (client.queue, client.dead):
            await queue.delete(if_unused=False, if_empty=False)
        await client.exchange.delete()


NUMBERS = count()


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=st.sampled_from(QUEUES), steps=st.lists(st.sampled_from(ALPHABET), min_size=15, max_size=50))
async def test_same_history_same_observations(
    embedded_url: str, rabbitmq_url: str, arguments: FieldTable, steps: list[Step]
) -> None:
    name = f"history-{next(NUMBERS)}"
    expected = await observe(embedded_url, arguments, steps, name)
    assert await observe(rabbitmq_url, arguments, steps, name, expected) == expected
