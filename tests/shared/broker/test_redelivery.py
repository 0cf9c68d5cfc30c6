"""Where messages go when they come back, what they then carry, and how often they may: measured on RabbitMQ 3.10.

A classic queue puts a message back in its place. A quorum queue keeps a line of returned messages, served first;
without a delivery limit, what a client rejects goes to the end of the queue instead, while what a lost consumer held is
returned.
"""

import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from pamqp.common import FieldTable

from tests.shared.broker.amqp import CLASSIC, KINDS, LIMITED, QUORUM, Inbox, Seen, drain, publish, seen, take, waiting
from tests.shared.broker.conftest import Connect


def fresh(*bodies: str, quorum: bool) -> list[Seen]:
    """Never delivered before, seen by basic.get."""
    return [(body, False, 0 if quorum else None) for body in bodies]


def back(*bodies: str, quorum: bool, count: int = 1) -> list[Seen]:
    """Delivered before, seen by basic.get."""
    return [(body, True, count if quorum else None) for body in bodies]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(CLASSIC, back("1", "2", quorum=False) + fresh("4", "5", quorum=False), id="classic"),
        pytest.param(QUORUM, fresh("4", "5", quorum=True) + back("2", "1", quorum=True), id="quorum"),
        pytest.param(LIMITED, back("2", "1", quorum=True) + fresh("4", "5", quorum=True), id="limited"),
    ],
)
async def test_order_after_nack(channel: AbstractChannel, arguments: FieldTable, expected: list[Seen]) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"12345")
    held = [await take(queue) for _ in range(3)]
    await held[1].nack(requeue=True)
    await held[0].reject(requeue=True)
    assert await drain(queue, 4) == expected
    await held[2].ack()


@KINDS
async def test_order_after_nack_of_several(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"12345")
    held = [await take(queue) for _ in range(4)]
    await held[0].ack()
    await held[2].nack(multiple=True, requeue=True)
    quorum = arguments is not CLASSIC
    returned, rest = back("2", "3", quorum=quorum), fresh("5", quorum=quorum)
    assert await drain(queue, 3) == (rest + returned if arguments is QUORUM else returned + rest)
    await held[3].ack()


@KINDS
async def test_closed_channel_returns_what_it_held(connection: AbstractConnection, arguments: FieldTable) -> None:
    channel, other = await connection.channel(), await connection.channel()
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"12345")
    for _ in range(3):
        await take(await other.get_queue("q"))
    await other.close()
    assert await waiting(queue, 5) == 5
    quorum = arguments is not CLASSIC
    assert await drain(queue, 5) == back("1", "2", "3", quorum=quorum) + fresh("4", "5", quorum=quorum)


@KINDS
async def test_lost_consumer_returns_what_it_held(
    connect: Connect, channel: AbstractChannel, arguments: FieldTable
) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    lost = await connect()
    other = await lost.channel()
    await other.set_qos(prefetch_count=3)
    inbox = Inbox()
    await (await other.get_queue("q")).consume(inbox)
    await publish(channel, queue, *"12345")
    await (await inbox.after(3))[1].ack()
    assert await inbox.bodies(4) == list("1234")
    await lost.close()
    assert await waiting(queue, 4) == 4
    quorum = arguments is not CLASSIC
    assert await drain(queue, 4) == back("1", "3", "4", quorum=quorum) + fresh("5", quorum=quorum)


@KINDS
async def test_two_channels_return_in_their_turn(connection: AbstractConnection, arguments: FieldTable) -> None:
    """The queue type shows: by place in the classic queue, by time of return in the quorum queue."""
    channel = await connection.channel()
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await publish(channel, queue, *"12345678")
    first, second = await connection.channel(), await connection.channel()
    for _ in range(2):
        await take(await first.get_queue("q"))
        await take(await second.get_queue("q"))
    await first.close()
    assert await waiting(queue, 6) == 6
    assert [body for body, *_ in await drain(queue, 1)] == ["1"]
    await second.close()
    assert await waiting(queue, 7) == 7
    expected = "2345678" if arguments is CLASSIC else "3245678"
    assert [body for body, *_ in await drain(queue, 7)] == list(expected)


@KINDS
async def test_rejecting_consumer_gets_the_message_again(channel: AbstractChannel, arguments: FieldTable) -> None:
    queue = await channel.declare_queue("q", durable=True, arguments=arguments)
    await channel.set_qos(prefetch_count=1)
    inbox = Inbox()
    await queue.consume(inbox)
    await publish(channel, queue, "1", "2")
    counts: list[Seen] = []
    for round_ in range(3):
        message = (await inbox.after(round_ + 1))[round_]
        counts.append(seen(message))
        await message.nack(requeue=True)
    expected = {
        id(CLASSIC): [("1", False, None), ("1", True, None), ("1", True, None)],
        id(QUORUM): [("1", False, None), ("2", False, None), ("1", True, 1)],
        id(LIMITED): [("1", False, None), ("1", True, 1), ("1", True, 2)],
    }
    assert counts == expected[id(arguments)]


@pytest.mark.parametrize("by", ["nack", "reject", "closed channel"])
async def test_delivery_limit_drops_what_returns_too_often(connection: AbstractConnection, by: str) -> None:
    """A limit of 3 allows three returns, so four deliveries; a closed channel counts like a nack."""
    channel = await connection.channel()
    queue = await channel.declare_queue("q", durable=True, arguments=LIMITED)
    await publish(channel, queue, "poison", "next")
    for count in range(4):
        other = await connection.channel()
        message = await take(await other.get_queue("q"))
        assert seen(message) == ("poison", count > 0, count)
        if by == "nack":
            await message.nack(requeue=True)
        elif by == "reject":
            await message.reject(requeue=True)
        await other.close()
        assert await waiting(queue, 2 if count < 3 else 1) == (2 if count < 3 else 1)
    assert await drain(queue, 1) == [("next", False, 0)]


async def test_classic_queue_has_no_limit(channel: AbstractChannel) -> None:
    queue = await channel.declare_queue("q", durable=True)
    await publish(channel, queue, "1")
    for count in range(30):
        message = await take(queue)
        assert seen(message) == ("1", count > 0, None)
        await message.nack(requeue=True)
