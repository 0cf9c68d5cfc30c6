"""Unmodified FastStream on both brokers: queues as the services declare them, acknowledge policies, dead letters."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import PublishError
from faststream import AckPolicy
from faststream.rabbit import Channel, ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage

from tests.shared.broker.amqp import DEADLINE, consumers, publish, take, waiting

EXCHANGE = RabbitExchange("comptoir", type=ExchangeType.TOPIC, durable=True)
DEAD = RabbitQueue("orders.dead", queue_type=QueueType.QUORUM, durable=True)
QUEUE = RabbitQueue(
    "orders",
    queue_type=QueueType.QUORUM,
    durable=True,
    routing_key="orders.order.v1.*.all",
    arguments={
        "x-delivery-limit": 2,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "orders.dead",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    },
)


class Heard:
    """What a handler was called with; `error` is raised by every call."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: asyncio.Queue[tuple[object, bool]] = asyncio.Queue()

    async def __call__(self, body: Any, message: RabbitMessage) -> None:
        """The handler."""
        self.calls.put_nowait((body, bool(message.raw_message.redelivered)))
        if self.error is not None:
            raise self.error

    async def next(self) -> tuple[object, bool]:
        """Body and redelivered flag of the next call."""
        return await asyncio.wait_for(self.calls.get(), DEADLINE)


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    """A FastStream broker, set up as the services set it up; the test starts it."""
    broker = RabbitBroker(
        amqp_url,
        logger=None,
        graceful_timeout=DEADLINE,
        default_channel=Channel(prefetch_count=10, on_return_raises=True),
    )
    yield broker
    await broker.stop()


def subscribe(broker: RabbitBroker, heard: Heard, policy: AckPolicy) -> None:
    """One subscriber with a channel of its own."""
    channel = Channel(prefetch_count=5, on_return_raises=True)
    broker.subscriber(QUEUE, EXCHANGE, ack_policy=policy, channel=channel)(heard.__call__)


async def start(broker: RabbitBroker) -> None:
    """Declare, then consume."""
    await broker.connect()
    await broker.declare_queue(DEAD)
    await broker.start()


async def test_handled_message_is_acknowledged(broker: RabbitBroker, channel: AbstractChannel) -> None:
    heard = Heard()
    subscribe(broker, heard, AckPolicy.REJECT_ON_ERROR)
    await start(broker)
    for number in range(3):
        await broker.publish(
            {"version": number}, "orders.order.v1.main.all", exchange=EXCHANGE, persist=True, timeout=5
        )
    calls = [await heard.next() for _ in range(3)]  # in any order: threads resolve what a handler asks for
    assert all(call in calls for call in [({"version": number}, False) for number in range(3)])
    queue = await channel.get_queue("orders")
    assert await consumers(queue, 1) == 1
    await broker.stop()
    assert (await waiting(queue, 0), await consumers(queue, 0)) == (0, 0)


async def test_published_message_is_an_ordinary_one(broker: RabbitBroker, channel: AbstractChannel) -> None:
    await start(broker)
    queue = await channel.declare_queue("plain")
    await broker.publish({"a": 1}, "plain", persist=True, headers={"h": "x"}, correlation_id="c", message_id="m")
    message = await take(queue)
    assert (message.body, message.content_type, message.correlation_id) == (b'{"a":1}', "application/json", "c")
    assert (message.message_id, message.headers["h"]) == ("m", "x")


async def test_unroutable_message_raises(broker: RabbitBroker) -> None:
    await start(broker)
    await broker.declare_exchange(EXCHANGE)
    with pytest.raises(PublishError):
        await broker.publish("x", "nobody.hears", exchange=EXCHANGE, mandatory=True, timeout=5)


async def test_rejected_message_is_dead_at_once(broker: RabbitBroker, channel: AbstractChannel) -> None:
    heard = Heard(error=ValueError("poison"))
    subscribe(broker, heard, AckPolicy.REJECT_ON_ERROR)
    await start(broker)
    await publish(channel, await channel.get_queue("orders"), "poison")
    assert await heard.next() == (b"poison", False)
    dead = await take(await channel.get_queue("orders.dead"))
    assert (dead.body, dead.headers["x-first-death-reason"]) == (b"poison", "rejected")
    assert heard.calls.empty()


async def test_requeued_message_is_dead_at_the_limit(broker: RabbitBroker, channel: AbstractChannel) -> None:
    heard = Heard(error=ValueError("poison"))
    subscribe(broker, heard, AckPolicy.NACK_ON_ERROR)
    await start(broker)
    await publish(channel, await channel.get_queue("orders"), "poison")
    assert [(await heard.next())[1] for _ in range(3)] == [False, True, True]
    dead = await take(await channel.get_queue("orders.dead"))
    assert dead.headers["x-first-death-reason"] == "delivery_limit"
    assert heard.calls.empty()


async def test_message_in_hand_returns_when_the_subscriber_goes(broker: RabbitBroker, channel: AbstractChannel) -> None:
    heard = Heard()
    subscribe(broker, heard, AckPolicy.MANUAL)
    await start(broker)
    exchange = await channel.get_exchange("comptoir")
    await exchange.publish(Message(b"held"), "orders.order.v1.main.all", timeout=DEADLINE)
    assert await heard.next() == (b"held", False)
    await broker.stop()
    again = await take(await channel.get_queue("orders"))
    assert (again.body, again.redelivered, again.headers["x-delivery-count"]) == (b"held", True, 1)
