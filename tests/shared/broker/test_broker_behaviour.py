"""Routing, confirming, delivering: the same on the embedded broker and on RabbitMQ.

The other themes of the suite: test_redelivery, test_dead_letters, test_lifetimes, test_refusals, test_faststream,
test_differential. What only the embedded broker has (loopback, garbage, back-pressure) is in test_embedded.
"""

import asyncio
from datetime import UTC, datetime

import aiormq
import pytest
from aio_pika import DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import PublishError
from pamqp.commands import Basic
from pamqp.common import FieldTable

from tests.shared.broker.amqp import (
    DEADLINE,
    KINDS,
    QUORUM,
    Inbox,
    consumers,
    drain,
    eventually,
    publish,
    seen,
    take,
    waiting,
)
from tests.shared.broker.conftest import Connect

PATTERNS = {
    "all": "#",
    "order": "orders.order.v1.#",
    "shop": "orders.order.v1.*.all",
    "any-two": "*.*",
    "middle": "orders.#.all",
    "exact": "orders.order.v1.main.all",
    "twice": "#.v1.#",
    "end": "#.inventory",
}

PROPERTIES = (
    "content_type", "content_encoding", "delivery_mode", "priority", "correlation_id", "reply_to", "message_id",
    "timestamp", "type", "app_id",
)  # fmt: skip


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("orders.order.v1.main.all", {"all", "order", "shop", "middle", "exact", "twice"}),
        ("orders.order.v1.main.inventory", {"all", "order", "twice", "end"}),
        ("orders.order.v1", {"all", "order", "twice"}),
        ("orders.all", {"all", "any-two", "middle"}),
        ("v1", {"all", "twice"}),
        ("", {"all"}),
        ("orders.order.v1..all", {"all", "order", "shop", "middle", "twice"}),
        ("a.v1.v1.inventory", {"all", "twice", "end"}),
    ],
)
async def test_topic_patterns(channel: AbstractChannel, key: str, expected: set[str]) -> None:
    exchange = await channel.declare_exchange("topics", ExchangeType.TOPIC, durable=True)
    queues = [await channel.declare_queue(name) for name in PATTERNS]
    for queue in queues:
        await queue.bind(exchange, PATTERNS[queue.name])
        await queue.bind(exchange, PATTERNS[queue.name])
        await queue.bind(exchange, "orders.order.v1.another.all")
    await exchange.publish(Message(b"x"), key, timeout=DEADLINE)
    assert {queue.name for queue in queues if await queue.get(fail=False)} == expected
    assert {queue.name for queue in queues if await queue.get(fail=False)} == set(), "one copy each"


async def test_direct_exchange_and_unbind(channel: AbstractChannel) -> None:
    exchange = await channel.declare_exchange("direct", ExchangeType.DIRECT, durable=True)
    one, other = await channel.declare_queue("one"), await channel.declare_queue("other")
    await one.bind(exchange, "a")
    await one.bind(exchange, "b")
    await other.bind(exchange, "a")
    for key in ("a", "b", "*", "#"):
        await exchange.publish(Message(key.encode()), key, mandatory=False)
    assert await drain(one, 2) == [("a", False, None), ("b", False, None)]
    assert await drain(other, 1) == [("a", False, None)]
    await one.unbind(exchange, "a")
    await one.unbind(exchange, "never bound")
    await exchange.publish(Message(b"again"), "a")
    assert (await waiting(one, 0), await waiting(other, 1)) == (0, 1)


async def test_unroutable_mandatory_message_is_returned(channel: AbstractChannel) -> None:
    exchange = await channel.declare_exchange("topics", ExchangeType.TOPIC, durable=True)
    with pytest.raises(PublishError) as returned:
        await exchange.publish(Message(b"body", message_id="m"), "nobody.hears", mandatory=True, timeout=DEADLINE)
    assert returned.value.message is not None
    reason = returned.value.message.delivery
    assert isinstance(reason, Basic.Return)
    assert (reason.reply_code, reason.reply_text) == (312, "NO_ROUTE")
    assert returned.value.message.header.properties.message_id == "m"
    await exchange.publish(Message(b"dropped"), "nobody.hears", mandatory=False, timeout=DEADLINE)
    with pytest.raises(PublishError):
        await channel.default_exchange.publish(Message(b"x"), "no such queue", timeout=DEADLINE)


async def test_many_confirms(channel: AbstractChannel) -> None:
    """Confirms may come together or singly; each publish is told its own."""
    queue = await channel.declare_queue("q", durable=True, arguments=QUORUM)
    exchange = channel.default_exchange

    async def one(number: int) -> bool:
        try:
            name = queue.name if number % 7 else "no such queue"
            await exchange.publish(Message(str(number).encode()), name, timeout=DEADLINE)
        except PublishError:
            return False
        return True

    outcomes = await asyncio.gather(*(one(number) for number in range(200)))
    assert outcomes == [bool(number % 7) for number in range(200)]
    assert [body for body, *_ in await drain(queue, sum(outcomes))] == [str(n) for n in range(200) if n % 7]


@KINDS
@pytest.mark.parametrize("size", [0, 1, 131_064, 131_065, 1_000_000])
async def test_bodies_of_any_size(channel: AbstractChannel, arguments: FieldTable, size: int) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    body = bytes(number % 251 for number in range(size))
    await channel.default_exchange.publish(Message(body), queue.name, timeout=DEADLINE)
    message = await take(queue)
    assert message.body == body
    await message.nack(requeue=True)
    assert (await take(queue)).body == body


@KINDS
async def test_properties_arrive_as_sent(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    at = datetime(2024, 2, 29, 12, tzinfo=UTC)
    headers: FieldTable = {
        "traceparent": "00-é",
        "n": 2**40,
        "no": None,
        "yes": True,
        "deep": {"list": [1, {"x": -3}]},
        "at": at,
    }
    sent = Message(
        b"{}", headers=headers, content_type="application/json", content_encoding="utf-8", priority=3, app_id="a",
        delivery_mode=DeliveryMode.PERSISTENT, correlation_id="c", reply_to="r", message_id="m", timestamp=at, type="t",
    )  # fmt: skip
    await channel.default_exchange.publish(sent, queue.name, timeout=DEADLINE)
    for redelivered in (False, True):
        message = await take(queue)
        assert message.redelivered is redelivered
        assert [getattr(message, name) for name in PROPERTIES] == [getattr(sent, name) for name in PROPERTIES]
        assert {name: value for name, value in message.headers.items() if name != "x-delivery-count"} == headers
        await message.nack(requeue=True)


@KINDS
async def test_get_counts_and_order(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    assert await queue.get(fail=False) is None
    await publish(channel, queue, "1", "2", "3")
    assert await waiting(queue, 3) == 3
    first, second = await take(queue), await take(queue, no_ack=True)
    assert (first.body, first.message_count, first.exchange, first.routing_key) == (b"1", 2, "", "q")
    assert (second.body, second.message_count) == (b"2", 1)
    assert await waiting(queue, 1) == 1, "what is held does not wait"
    await first.ack()
    assert [body for body, *_ in await drain(queue, 1)] == ["3"]


@KINDS
async def test_first_delivery_shows_no_count_to_consumers(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, "consumed")
    inbox = Inbox()
    await queue.consume(inbox)
    assert [seen(message) for message in await inbox.after(1)] == [("consumed", False, None)]


@KINDS
async def test_prefetch_is_per_consumer(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await channel.set_qos(prefetch_count=2)
    first, second = Inbox(), Inbox()
    await queue.consume(first)
    await channel.set_qos(prefetch_count=1)
    await queue.consume(second)
    await publish(channel, queue, *"123456")
    assert (await first.bodies(2), await second.bodies(1)) == (["1", "3"], ["2"])
    assert await waiting(queue, 3) == 3
    for message in first.messages[:]:
        await message.ack()
    assert await first.bodies(4) == ["1", "3", "4", "5"]
    assert await waiting(queue, 1) == 1
    await second.messages[0].ack()
    assert await second.bodies(2) == ["2", "6"]
    assert await consumers(queue, 2) == 2


@KINDS
async def test_consumers_take_turns(connection: AbstractConnection, arguments: FieldTable) -> None:
    channels = [await connection.channel() for _ in range(3)]
    queue = await channels[0].declare_queue("q", durable=True, arguments=arguments)
    inboxes = [Inbox() for _ in channels]
    for channel, inbox in zip(channels, inboxes, strict=True):
        await channel.set_qos(prefetch_count=10)
        await (await channel.get_queue("q")).consume(inbox)
    await publish(channels[0], queue, *"123456789")
    assert [await inbox.bodies(3) for inbox in inboxes] == [["1", "4", "7"], ["2", "5", "8"], ["3", "6", "9"]]


@KINDS
async def test_no_ack_consumer_takes_everything(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"12345")
    await channel.set_qos(prefetch_count=1)
    inbox = Inbox()
    await queue.consume(inbox, no_ack=True)
    assert await inbox.bodies(5) == list("12345")
    assert await waiting(queue, 0) == 0


@KINDS
async def test_cancelled_consumer_keeps_what_it_holds(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    inbox = Inbox()
    tag = await queue.consume(inbox)
    await publish(channel, queue, "held")
    held = (await inbox.after(1))[0]
    await queue.cancel(tag)
    await publish(channel, queue, "waits")
    assert await waiting(queue, 1) == 1
    await held.ack()
    assert [body for body, *_ in await drain(queue, 1)] == ["waits"]
    await queue.cancel("no such consumer")


async def test_exclusive_consumer_of_a_classic_queue(connect: Connect, channel: AbstractChannel) -> None:
    queue = await channel.declare_queue("q", durable=True)
    await queue.consume(Inbox(), exclusive=True)
    other = await (await connect()).channel()
    with pytest.raises(Exception, match=r"ACCESS_REFUSED - queue 'q' in vhost '.*' in exclusive use"):
        await (await other.get_queue("q")).consume(Inbox())
    other = await (await connect()).channel()
    assert await (await other.get_queue("q")).get(fail=False) is None, "basic.get is not refused"


async def test_exclusive_consumer_of_a_quorum_queue_excludes_nobody(channel: AbstractChannel) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=QUORUM)
    await queue.consume(Inbox(), exclusive=True)
    await queue.consume(Inbox(), exclusive=True)
    await queue.consume(Inbox())
    assert await consumers(queue, 3) == 3


@KINDS
async def test_deleted_queue_cancels_its_consumers(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    other = await channel.declare_queue("other")
    inbox = Inbox()
    gone, stays = await queue.consume(inbox), await other.consume(inbox)
    await publish(channel, queue, "1")
    held = (await inbox.after(1))[0]
    await queue.delete(if_unused=False, if_empty=False)
    underlay = await channel.get_underlay_channel()
    assert isinstance(underlay, aiormq.Channel)

    async def standing() -> set[str]:
        return set(underlay.consumers)

    assert await eventually(standing, lambda tags: gone not in tags) == {stays}
    await held.nack(requeue=True)
    await publish(channel, other, "the channel lives")
    assert await inbox.bodies(2) == ["1", "the channel lives"]
