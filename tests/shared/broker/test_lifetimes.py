"""How queues and exchanges come and go: names, owners, automatic deletion, purge, passive declarations."""

import re

import pytest
from aio_pika import ExchangeType, Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity, PublishError
from pamqp.common import FieldTable

from tests.shared.broker.amqp import KINDS, Inbox, consumers, drain, eventually, publish, take, waiting
from tests.shared.broker.conftest import Connect


async def exists(connect: Connect, name: str) -> bool:
    """Asked on a connection of its own, since the answer no closes the channel."""
    async with await connect() as connection:
        channel = await connection.channel()
        try:
            await channel.declare_queue(name, passive=True)
        except ChannelNotFoundEntity:
            return False
        except Exception as error:
            return "RESOURCE_LOCKED" in str(error)
    return True


async def test_server_named_queue(channel: AbstractChannel) -> None:
    one, other = await channel.declare_queue(exclusive=True), await channel.declare_queue(exclusive=True)
    assert re.fullmatch(r"amq\.gen-[\w-]{22}", one.name)
    assert one.name != other.name
    await publish(channel, one, "x")
    assert [body for body, *_ in await drain(one, 1)] == ["x"]


async def test_exclusive_queue_lives_as_long_as_its_connection(connect: Connect) -> None:
    owner = await connect()
    channel = await owner.channel()
    queue = await channel.declare_queue("mine", exclusive=True)
    again = await (await owner.channel()).declare_queue("mine", exclusive=True)
    await publish(channel, again, "x")
    await channel.close()
    assert await exists(connect, queue.name)
    await owner.close()
    assert not await eventually(lambda: exists(connect, "mine"), lambda found: not found)


async def test_anyone_may_publish_to_an_exclusive_queue(connect: Connect, channel: AbstractChannel) -> None:
    """Hints reach another process's queue this way."""
    queue = await channel.declare_queue(exclusive=True)
    inbox = Inbox()
    await queue.consume(inbox, no_ack=True)
    other = await (await connect()).channel()
    await other.default_exchange.publish(Message(b"hint"), queue.name)
    assert await inbox.bodies(1) == ["hint"]


async def test_auto_delete_queue_goes_with_its_last_consumer(connect: Connect, channel: AbstractChannel) -> None:
    exchange = await channel.declare_exchange("topics", ExchangeType.TOPIC, durable=True)
    queue = await channel.declare_queue("q", auto_delete=True)
    await queue.bind(exchange, "#")
    assert await exists(connect, "q"), "one that never had a consumer stays"
    first, second = await queue.consume(Inbox()), await queue.consume(Inbox())
    await queue.cancel(first)
    assert await exists(connect, "q")
    await queue.cancel(second)
    assert not await eventually(lambda: exists(connect, "q"), lambda found: not found)
    with pytest.raises(PublishError):
        await exchange.publish(Message(b"x"), "k", mandatory=True)


async def test_auto_delete_queue_goes_with_the_channel(connect: Connect) -> None:
    channel = await (await connect()).channel()
    await (await channel.declare_queue("q", auto_delete=True)).consume(Inbox())
    await channel.close()
    assert not await eventually(lambda: exists(connect, "q"), lambda found: not found)


@KINDS
async def test_delete_tells_what_was_lost(connect: Connect, channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"123")
    held = await take(queue)
    deleted = await queue.delete(if_unused=False, if_empty=False)
    assert deleted.message_count in (2, 3), "a quorum queue counts what is held, too"
    assert not await exists(connect, "q")
    again = await channel.declare_queue("q", durable=True, arguments=arguments)
    await held.nack(requeue=True)
    await publish(channel, again, "new")
    assert [body for body, *_ in await drain(again, 1)] == ["new"]
    assert await waiting(again, 0) == 0


@KINDS
async def test_purge_takes_what_waits(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"1234")
    held, back = await take(queue), await take(queue)
    await back.nack(requeue=True)
    purged = await queue.purge()
    assert purged.message_count == 3
    assert await waiting(queue, 0) == 0
    await held.nack(requeue=True)
    assert [body for body, *_ in await drain(queue, 1)] == ["1"]


@KINDS
async def test_declaring_again_changes_nothing(
    connect: Connect, channel: AbstractChannel, arguments: FieldTable
) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, "1")
    await queue.consume(Inbox())
    other = await (await connect()).channel()
    again = await other.declare_queue("q", durable=True, arguments=arguments)
    assert await waiting(again, 0) == 0
    assert await consumers(again, 1) == 1


async def test_deleted_exchange_takes_its_bindings_along(channel: AbstractChannel) -> None:
    queue = await channel.declare_queue("q")
    for _ in range(2):
        exchange = await channel.declare_exchange("topics", ExchangeType.TOPIC, durable=True)
        with pytest.raises(PublishError):
            await exchange.publish(Message(b"x"), "k", mandatory=True)
        await queue.bind(exchange, "#")
        await exchange.publish(Message(b"x"), "k", mandatory=True)
        await exchange.delete()
    assert await waiting(queue, 2) == 2
