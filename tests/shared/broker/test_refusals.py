"""What a broker refuses, with which reply code, and what is left standing afterwards.

Requests are made with aio-pika's lower half (aiormq), which sends them as they are written here.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

import aiormq
import pytest
from aio_pika.abc import AbstractConnection
from aiormq import exceptions
from aiormq.abc import DeliveredMessage
from pamqp import commands
from pamqp.common import FieldTable

from tests.shared.broker.amqp import DEADLINE, QUORUM
from tests.shared.broker.conftest import Connect


async def ignore(message: DeliveredMessage) -> None:
    """A consumer of no interest."""


Request = Callable[[aiormq.Channel], Awaitable[object]]

CLOSES_CHANNEL = {
    403: exceptions.ChannelAccessRefused,
    404: exceptions.ChannelNotFoundEntity,
    405: exceptions.ChannelLockedResource,
    406: exceptions.ChannelPreconditionFailed,
}
CLOSES_CONNECTION = {
    503: exceptions.ConnectionCommandInvalid,
    530: exceptions.ConnectionNotAllowed,
    540: exceptions.ConnectionNotImplemented,
}


async def underlay(connection: AbstractConnection) -> aiormq.Channel:
    """A new channel, as aiormq has it."""
    channel = await (await connection.channel()).get_underlay_channel()
    assert isinstance(channel, aiormq.Channel)
    return channel


@pytest.fixture
async def raw(connection: AbstractConnection) -> aiormq.Channel:
    """A channel beside an exchange `ex`, a classic queue `q` with a time to live and a quorum queue `quorum`."""
    channel = await underlay(connection)
    await channel.exchange_declare("ex", exchange_type="topic", durable=True)
    await channel.queue_declare("q", durable=True, arguments={"x-message-ttl": 100_000})
    await channel.queue_declare("quorum", durable=True, arguments={**QUORUM, "x-delivery-limit": 3})
    return channel


def declare(name: str, arguments: FieldTable | None = None, *, durable: bool = True) -> Request:
    """queue.declare."""
    return lambda channel: channel.queue_declare(name, durable=durable, arguments=arguments, timeout=DEADLINE)


def declare_exchange(name: str, kind: str = "topic", *, durable: bool = True, passive: bool = False) -> Request:
    """exchange.declare."""
    return lambda channel: channel.exchange_declare(
        name, exchange_type=kind, durable=durable, passive=passive, timeout=DEADLINE
    )


REFUSED_DECLARATIONS: dict[str, tuple[int, str, Request]] = {
    "exchange, passive": (404, "no exchange 'nope'", declare_exchange("nope", passive=True)),
    "exchange of another type": (406, "inequivalent arg 'type' for exchange 'ex'", declare_exchange("ex", "direct")),
    "exchange not durable": (
        406,
        "inequivalent arg 'durable' for exchange 'ex' in vhost '/': received 'false' but current is 'true'",
        declare_exchange("ex", durable=False),
    ),
    "exchange with a reserved name": (403, "exchange name 'amq.x' contains reserved prefix", declare_exchange("amq.x")),
    "default exchange": (403, "operation not permitted on the default exchange", declare_exchange("", "direct")),
    "exchange of unknown type": (503, "unknown exchange type 'odd'", declare_exchange("new", "odd")),
    "queue, passive": (404, "no queue 'nope'", lambda channel: channel.queue_declare("nope", passive=True)),
    "queue with a reserved name": (403, "queue name 'amq.q' contains reserved prefix 'amq.*'", declare("amq.q")),
    "queue not durable": (
        406,
        "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current is 'true'",
        declare("q", {"x-message-ttl": 100_000}, durable=False),
    ),
    "queue with another argument": (
        406,
        "inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received '5' but current is '100000'",
        declare("q", {"x-message-ttl": 5}),
    ),
    "queue without its argument": (406, "inequivalent arg 'x-message-ttl' for queue 'q'", declare("q")),
    "queue with one argument more": (
        406,
        "inequivalent arg 'x-max-length' for queue 'q'",
        declare("q", {"x-message-ttl": 100_000, "x-max-length": 3}),
    ),
    "queue of another type": (
        406,
        "inequivalent arg 'x-queue-type' for queue 'q'",
        declare("q", {**QUORUM, "x-message-ttl": 100_000}),
    ),
    "quorum queue as classic": (406, "inequivalent arg 'x-queue-type'", declare("quorum", {"x-delivery-limit": 3})),
    "quorum queue, other limit": (
        406,
        "inequivalent arg 'x-delivery-limit' for queue 'quorum' in vhost '/': received '4' but current is '3'",
        declare("quorum", {**QUORUM, "x-delivery-limit": 4}),
    ),
    "unknown queue type": (406, "invalid arg 'x-queue-type'", declare("new", {"x-queue-type": "odd"})),
    "negative time to live": (406, "invalid arg 'x-message-ttl'", declare("new", {"x-message-ttl": -1})),
    "time to live as text": (406, "invalid arg 'x-message-ttl'", declare("new", {"x-message-ttl": "1"})),
    "negative length": (406, "invalid arg 'x-max-length'", declare("new", {"x-max-length": -1})),
    "unknown overflow": (406, "invalid arg 'x-overflow'", declare("new", {"x-overflow": "odd"})),
    "routing key of no exchange": (
        406,
        "routing_key_but_no_dlx_defined",
        declare("new", {"x-dead-letter-routing-key": "x"}),
    ),
    "unknown strategy": (
        406,
        "invalid arg 'x-dead-letter-strategy'",
        declare("new", {**QUORUM, "x-dead-letter-strategy": "odd"}),
    ),
    "limit of a classic queue": (406, "invalid arg 'x-delivery-limit'", declare("new", {"x-delivery-limit": 3})),
    "transient quorum queue": (406, "invalid property 'non-durable'", declare("new", QUORUM, durable=False)),
    "exclusive quorum queue": (
        406,
        "invalid property 'exclusive-owner'",
        lambda channel: channel.queue_declare("new", durable=True, exclusive=True, arguments=QUORUM),
    ),
    "auto-delete quorum queue": (
        406,
        "invalid property 'auto-delete'",
        lambda channel: channel.queue_declare("new", durable=True, auto_delete=True, arguments=QUORUM),
    ),
    "quorum queue without a name": (406, "Cannot declare a server-named queue", declare("", QUORUM)),
}

REFUSED_USES: dict[str, tuple[int, str, Request]] = {
    "bind no queue": (404, "no queue 'nope'", lambda channel: channel.queue_bind("nope", "ex", "k")),
    "bind to no exchange": (404, "no exchange 'nope'", lambda channel: channel.queue_bind("q", "nope", "k")),
    "bind to the default exchange": (403, "default exchange", lambda channel: channel.queue_bind("q", "", "k")),
    "unbind from the default exchange": (403, "default exchange", lambda channel: channel.queue_unbind("q", "", "k")),
    "purge no queue": (404, "no queue 'nope'", lambda channel: channel.queue_purge("nope")),
    "consume no queue": (404, "no queue 'nope'", lambda channel: channel.basic_consume("nope", ignore)),
    "get from no queue": (404, "no queue 'nope'", lambda channel: channel.basic_get("nope")),
    "publish to no exchange": (
        404,
        "no exchange 'nope'",
        lambda channel: channel.basic_publish(b"x", exchange="nope", routing_key="k", timeout=DEADLINE),
    ),
    "delete the default exchange": (403, "default exchange", lambda channel: channel.exchange_delete("")),
    "delete a quorum queue if empty": (
        540,
        "queue.delete operations with if-empty flag set are not supported by quorum queues",
        lambda channel: channel.queue_delete("quorum", if_empty=True),
    ),
    "delete a quorum queue if unused": (
        540,
        "queue.delete operations with if-unused flag set are not supported by quorum queues",
        lambda channel: channel.queue_delete("quorum", if_unused=True),
    ),
    "a prefetch in octets": (
        540,
        "prefetch_size!=0 (5)",
        lambda channel: channel.rpc(commands.Basic.Qos(prefetch_size=5)),
    ),
    "channel.flow": (540, "active=false", lambda channel: channel.rpc(commands.Channel.Flow(active=False))),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in REFUSED_DECLARATIONS.items()])
async def test_refused_declaration(
    connection: AbstractConnection, connect: Connect, raw: aiormq.Channel, case: tuple[int, str, Request]
) -> None:
    await assert_refused(connection, connect, raw, case)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in REFUSED_USES.items()])
async def test_refused_use(
    connection: AbstractConnection, connect: Connect, raw: aiormq.Channel, case: tuple[int, str, Request]
) -> None:
    await assert_refused(connection, connect, raw, case)


async def assert_refused(
    connection: AbstractConnection, connect: Connect, raw: aiormq.Channel, case: tuple[int, str, Request]
) -> None:
    """The channel is closed, or the connection; everything else still works."""
    code, text, request = case
    expected = (CLOSES_CHANNEL | CLOSES_CONNECTION)[code]
    text = text.replace("vhost '/'", "vhost")
    with pytest.raises(expected) as refusal:
        await request(raw)
    assert text in re.sub("vhost '[^']*'", "vhost", str(refusal.value))
    assert raw.is_closed
    if code in CLOSES_CONNECTION:
        connection = await connect()
    other = await underlay(connection)
    assert (await other.queue_declare("q", passive=True, timeout=DEADLINE)).queue == "q"
    await other.exchange_declare("ex", passive=True, timeout=DEADLINE)


@pytest.mark.parametrize(
    "settle",
    [
        lambda channel: channel.basic_ack(77),
        lambda channel: channel.basic_ack(77, multiple=True),
        lambda channel: channel.basic_nack(77),
        lambda channel: channel.basic_reject(77),
        lambda channel: channel.basic_ack(0),
    ],
    ids=["ack", "ack multiple", "nack", "reject", "ack 0"],
)
async def test_unknown_delivery_tag_closes_the_channel(
    connection: AbstractConnection, raw: aiormq.Channel, settle: Request
) -> None:
    await settle(raw)
    await assert_closes(raw, 406)
    assert not connection.is_closed


async def test_acknowledged_twice_closes_the_channel(raw: aiormq.Channel) -> None:
    await raw.basic_publish(b"x", routing_key="q", timeout=DEADLINE)
    got = await raw.basic_get("q", timeout=DEADLINE)
    assert got.delivery_tag is not None
    await raw.basic_ack(got.delivery_tag)
    await raw.basic_ack(got.delivery_tag)
    await assert_closes(raw, 406)


async def assert_closes(channel: aiormq.Channel, code: int) -> None:
    """The broker closes the channel by itself."""
    with pytest.raises(CLOSES_CHANNEL[code]):
        await asyncio.wait_for(channel.closing, DEADLINE)


async def test_settling_all_of_nothing_is_no_error(raw: aiormq.Channel) -> None:
    await raw.basic_ack(0, multiple=True)
    await raw.basic_qos(prefetch_count=1, timeout=DEADLINE)


async def test_what_is_not_there_is_deleted_and_unbound_already(raw: aiormq.Channel) -> None:
    assert (await raw.queue_delete("nope")).message_count == 0
    await raw.exchange_delete("nope")
    await raw.queue_unbind("q", "ex", "never")
    await raw.queue_unbind("nope", "ex", "never")
    await raw.queue_unbind("q", "nope", "never")
    await raw.rpc(commands.Basic.Cancel("no such consumer"), timeout=DEADLINE)


async def test_used_or_filled_queue_is_not_deleted_on_condition(connection: AbstractConnection) -> None:
    channel = await underlay(connection)
    await channel.queue_declare("used")
    await channel.basic_consume("used", ignore)
    with pytest.raises(exceptions.ChannelPreconditionFailed, match=r"queue 'used' in vhost '.*' in use"):
        await channel.queue_delete("used", if_unused=True)
    channel = await underlay(connection)
    await channel.queue_declare("filled")
    await channel.basic_publish(b"x", routing_key="filled", timeout=DEADLINE)
    with pytest.raises(exceptions.ChannelPreconditionFailed, match=r"queue 'filled' in vhost '.*' not empty"):
        await channel.queue_delete("filled", if_empty=True)
    channel = await underlay(connection)
    assert (await channel.queue_delete("used", if_unused=True)).message_count == 0
    assert (await channel.queue_delete("filled", if_unused=True)).message_count == 1


async def test_bound_exchange_is_not_deleted_on_condition(connection: AbstractConnection, raw: aiormq.Channel) -> None:
    await raw.queue_bind("q", "ex", "k")
    with pytest.raises(exceptions.ChannelPreconditionFailed, match=r"exchange 'ex' in vhost '.*' in use"):
        await raw.exchange_delete("ex", if_unused=True)


async def test_consumer_tag_is_used_once(raw: aiormq.Channel) -> None:
    await raw.rpc(commands.Basic.Consume(queue="q", consumer_tag="same"), timeout=DEADLINE)
    with pytest.raises(exceptions.ConnectionNotAllowed, match="attempt to reuse consumer tag 'same'"):
        await raw.rpc(commands.Basic.Consume(queue="q", consumer_tag="same"), timeout=DEADLINE)


LOCKED: dict[str, Request] = {
    "declare": lambda channel: channel.queue_declare("mine", exclusive=True),
    "declare shared": lambda channel: channel.queue_declare("mine"),
    "declare passive": lambda channel: channel.queue_declare("mine", passive=True),
    "bind": lambda channel: channel.queue_bind("mine", "ex", "k"),
    "consume": lambda channel: channel.basic_consume("mine", ignore),
    "get": lambda channel: channel.basic_get("mine"),
    "purge": lambda channel: channel.queue_purge("mine"),
    "delete": lambda channel: channel.queue_delete("mine"),
}


@pytest.mark.parametrize("request_", [pytest.param(request, id=name) for name, request in LOCKED.items()])
async def test_exclusive_queue_is_locked_for_others(connect: Connect, raw: aiormq.Channel, request_: Request) -> None:
    await raw.queue_declare("mine", exclusive=True)
    stranger = await underlay(await connect())
    with pytest.raises(exceptions.ChannelLockedResource, match="cannot obtain exclusive access to locked queue 'mine'"):
        await request_(stranger)
    stranger = await underlay(await connect())
    await stranger.queue_unbind("mine", "ex", "k")
