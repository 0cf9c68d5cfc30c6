"""What the embedded broker alone has: loopback, refusal of what it lacks, garbage, slow readers, stop and start."""

import asyncio
import struct
from collections.abc import Callable

import aio_pika
import aiormq
import pytest
from aio_pika import ExchangeType, Message
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import AMQPError, ConnectionNotImplemented
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pamqp import body, commands, frame, header
from pamqp.heartbeat import Heartbeat

from shared.broker.embedded import EmbeddedBroker
from shared.broker.embedded.server import NotLoopbackError
from tests.shared.broker.amqp import DEADLINE, QUORUM, Inbox, drain, eventually, message_count, publish, waiting
from tests.shared.broker.wire import PROTOCOL_HEADER, wire


@pytest.fixture
def amqp_url(embedded_url: str) -> str:
    """The embedded broker only."""
    return embedded_url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "2001:db8::1"])  # noqa: S104 - refused
def test_refuses_to_listen_for_others(host: str) -> None:
    with pytest.raises(NotLoopbackError, match="loopback only"):
        EmbeddedBroker(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_listens_on_loopback(host: str) -> None:
    broker = EmbeddedBroker(host=host)
    await broker.start()
    async with await aio_pika.connect(broker.url, timeout=DEADLINE) as connection:
        assert not (await connection.channel()).is_closed
    await broker.stop()


async def test_stop_tells_clients_and_forgets_everything() -> None:
    broker = EmbeddedBroker()
    await broker.start()
    url = broker.url
    connection = await aio_pika.connect(url, timeout=DEADLINE)
    channel = await connection.channel()
    queue = await channel.declare_queue("q", durable=True, arguments={"x-message-ttl": 60_000})
    await publish(channel, queue, "x")
    await broker.stop()
    with pytest.raises(AMQPError, match="CONNECTION_FORCED - broker shutdown"):
        await asyncio.wait_for(connection.transport.connection.closing, DEADLINE)  # type: ignore[union-attr]
    with pytest.raises(AMQPError):
        await aio_pika.connect(url, timeout=DEADLINE)
    again = EmbeddedBroker(port=int(url.rstrip("/").rsplit(":", 1)[1]))
    await again.start()
    assert again.url == url
    async with await aio_pika.connect(url, timeout=DEADLINE) as connection:
        with pytest.raises(aiormq.exceptions.ChannelNotFoundEntity):
            await (await connection.channel()).declare_queue("q", passive=True)
    await again.stop()


async def works(url: str) -> bool:
    """Whether a new client is served."""
    async with await aio_pika.connect(url, timeout=DEADLINE) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await publish(channel, queue, "x")
        return len(await drain(queue, 1)) == 1


FIRST_WORDS = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "amqp 1.0": b"AMQP\x00\x01\x00\x00",
    "zeros": b"\x00" * 100,
}


@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in FIRST_WORDS.items()])
async def test_other_protocols_are_shown_ours(amqp_url: str, words: bytes) -> None:
    async with wire(amqp_url) as client:
        client.writer.write(words)
        assert await client.rest() == PROTOCOL_HEADER
    assert await works(amqp_url)


PUBLISH = frame.marshal(commands.Basic.Publish(exchange="", routing_key="q"), 1)
HEADER = frame.marshal(header.ContentHeader(body_size=10), 1)
BROKEN = {
    "unknown frame type": (501, b"\x09\x00\x01\x00\x00\x00\x01x\xce"),
    "frame too large": (501, b"\x01\x00\x01\x7f\xff\xff\xff" + b"x" * 100),
    "no end mark": (501, frame.marshal(commands.Basic.Qos(), 1)[:-1] + b"\x00"),
    "unknown method": (502, struct.pack(">BHIIB", 1, 1, 4, 0x00630063, 206)),
    "method cut short": (502, struct.pack(">BHIIB", 1, 1, 4, commands.Basic.Ack.index, 206)),
    "header without publish": (505, HEADER),
    "body without header": (505, frame.marshal(body.ContentBody(b"x"), 1)),
    "method within content": (505, PUBLISH + frame.marshal(commands.Basic.Qos(), 1)),
    "body too long": (505, PUBLISH + HEADER + frame.marshal(body.ContentBody(b"x" * 11), 1)),
    "channel not open": (504, frame.marshal(commands.Basic.Qos(), 7)),
    "channel number too high": (504, frame.marshal(commands.Channel.Open(), 4000)),
    "channel opened twice": (540, frame.marshal(commands.Channel.Open(), 1)),
    "content on channel 0": (505, HEADER.replace(b"\x02\x00\x01", b"\x02\x00\x00", 1)),
    "handshake again": (503, frame.marshal(commands.Connection.Open("/"), 0)),
    "nested without end": (502, frame.marshal(commands.Queue.Declare(queue="q"), 1)[:-5] + b"\x00\x00\x00\x09\xce"),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in BROKEN.items()])
async def test_broken_frames_end_their_own_connection(amqp_url: str, case: tuple[int, bytes]) -> None:
    code, data = case
    async with wire(amqp_url) as client:
        await client.handshake()
        client.writer.write(data)
        assert (await client.receive(commands.Connection.Close)).reply_code == code
        client.send(commands.Connection.CloseOk())
        assert await client.rest() == b""
    assert await works(amqp_url)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300), kind=st.sampled_from([1, 2, 3]), method=st.sampled_from(list(commands.INDEX_MAPPING))
)
async def test_garbage_in_good_frames(amqp_url: str, data: bytes, kind: int, method: int) -> None:
    """The frame is whole, its payload is noise: the connection lives or dies, the broker lives."""
    async with wire(amqp_url) as client:
        await client.handshake()
        client.writer.write(PUBLISH if kind > 1 else b"")
        payload = method.to_bytes(4) + data if kind == 1 else data
        client.writer.write(struct.pack(">BHI", kind, 1, len(payload)) + payload + b"\xce")
        client.send(commands.Connection.Close(200, "done", 0, 0))
        assert (await client.rest())[-1:] == b"\xce"
    assert await works(amqp_url)


async def test_deeply_nested_table(amqp_url: str) -> None:
    table = b""
    for _ in range(10_000):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
        if len(table) > 100_000:
            break
    arguments = struct.pack(">I", len(table)) + table
    payload = commands.Queue.Declare.index.to_bytes(4) + b"\x00\x00\x01q\x00" + arguments
    async with wire(amqp_url) as client:
        await client.handshake()
        client.writer.write(struct.pack(">BHI", 1, 1, len(payload)) + payload + b"\xce")
        assert (await client.receive(commands.Connection.Close)).reply_code in (502, 541)
    assert await works(amqp_url)


async def test_frames_in_single_octets(amqp_url: str) -> None:
    async with wire(amqp_url) as client:
        await client.handshake(frame_max=4096)
        data = frame.marshal(commands.Queue.Declare(queue="q"), 1) + frame.marshal(commands.Confirm.Select(), 1)
        for octet in data + PUBLISH + HEADER + frame.marshal(body.ContentBody(b"0123456789"), 1):
            client.writer.write(bytes([octet]))
            await client.writer.drain()
            await asyncio.sleep(0)
        await client.receive(commands.Queue.DeclareOk)
        await client.receive(commands.Confirm.SelectOk)
        assert (await client.receive(commands.Basic.Ack)).delivery_tag == 1


@pytest.mark.parametrize(
    ("code", "method"),
    [
        (403, commands.Connection.StartOk({}, "AMQPLAIN", "", "en_US")),
        (403, commands.Connection.StartOk({}, "PLAIN", "no zeros", "en_US")),
        (503, commands.Connection.TuneOk()),
    ],
)
async def test_refused_login(amqp_url: str, code: int, method: commands.Connection.StartOk) -> None:
    async with wire(amqp_url) as client:
        client.writer.write(PROTOCOL_HEADER)
        await client.receive(commands.Connection.Start)
        client.send(method)
        assert (await client.receive(commands.Connection.Close)).reply_code == code


async def test_unknown_virtual_host(amqp_url: str) -> None:
    with pytest.raises(AMQPError):
        await aio_pika.connect(amqp_url + "other", timeout=DEADLINE)
    assert await works(amqp_url)


async def test_silent_client_is_given_up(amqp_url: str) -> None:
    """A second's heartbeat: the broker beats, and after two seconds without ours it hangs up."""
    async with wire(amqp_url) as client:
        await client.handshake(heartbeat=1)
        await client.receive(Heartbeat)
        await client.receive(Heartbeat)
        assert set((await client.rest()).split(b"\xce")) <= {Heartbeat().marshal()[:-1], b""}


async def test_beating_client_is_kept(amqp_url: str) -> None:
    async with wire(amqp_url) as client:
        await client.handshake(heartbeat=1)
        for _ in range(6):
            await client.receive(Heartbeat)
            client.writer.write(Heartbeat().marshal())
        client.send(commands.Basic.Qos(), 1)
        await client.receive(commands.Basic.QosOk)


async def test_slow_reader_holds_up_nobody_and_no_memory(amqp_url: str, channel: AbstractChannel) -> None:
    """A consumer without prefetch that does not read gets what fits the socket's buffers; the rest stays queued."""
    queue = await channel.declare_queue("q", durable=True, arguments=QUORUM)
    count, size = 400, 100_000
    async with wire(amqp_url) as slow:
        await slow.handshake()
        slow.send(commands.Basic.Consume(queue="q", no_ack=True), 1)
        await slow.receive(commands.Basic.ConsumeOk)
        for _ in range(count):
            await channel.default_exchange.publish(Message(b"x" * size), "q", timeout=DEADLINE)
        left = await message_count(queue)
        assert left > count / 2, "most of 40 MB waits in the queue"
        assert await works(amqp_url)
        for _ in range(count):
            await slow.receive(commands.Basic.Deliver)
            await slow.receive(header.ContentHeader)
            assert len((await slow.receive(body.ContentBody)).value) == size
    assert await waiting(queue, 0) == 0


async def test_congested_consumer_leaves_the_messages_to_others(amqp_url: str, channel: AbstractChannel) -> None:
    queue = await channel.declare_queue("q", durable=True)
    async with wire(amqp_url) as stuck:
        await stuck.handshake()
        stuck.send(commands.Basic.Consume(queue="q"), 1)
        await stuck.receive(commands.Basic.ConsumeOk)
        for _ in range(200):
            await channel.default_exchange.publish(Message(b"x" * 100_000), "q", timeout=DEADLINE)
        assert await message_count(queue) > 0
        inbox = Inbox()
        await queue.consume(inbox, no_ack=True)
        await publish(channel, queue, "last")
        assert await waiting(queue, 0) == 0
        taken = len(inbox.messages)
        stuck.writer.transport.abort()

    async def all_came() -> int:
        return len(inbox.messages)

    assert await eventually(all_came, lambda found: found == 201) == 201 > taken


UNSUPPORTED: dict[str, Callable[[aiormq.Channel], object]] = {
    "fanout": lambda channel: channel.exchange_declare("e", exchange_type="fanout"),
    "auto-delete exchange": lambda channel: channel.exchange_declare("e", exchange_type="topic", auto_delete=True),
    "alternate exchange": lambda channel: channel.exchange_declare("e", arguments={"alternate-exchange": "a"}),
    "exchange bindings": lambda channel: channel.exchange_bind("e", "f"),
    "prefetch of the channel": lambda channel: channel.basic_qos(prefetch_count=1, global_=True),
    "transactions": lambda channel: channel.tx_select(),
    "recover": lambda channel: channel.basic_recover(requeue=True),
    "expiration": lambda channel: channel.basic_publish(
        b"x", routing_key="q", properties=commands.Basic.Properties(expiration="100")
    ),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
async def test_what_is_lacking_is_refused_aloud(connection: aio_pika.abc.AbstractConnection, name: str) -> None:
    channel = await (await connection.channel(publisher_confirms=name != "transactions")).get_underlay_channel()
    assert isinstance(channel, aiormq.Channel)
    with pytest.raises(ConnectionNotImplemented):
        await UNSUPPORTED[name](channel)  # type: ignore[misc]


@pytest.mark.parametrize("argument", ["x-max-priority", "x-expires", "x-single-active-consumer", "x-unknown"])
async def test_unknown_queue_argument_is_refused(channel: AbstractChannel, argument: str) -> None:
    with pytest.raises(
        aiormq.exceptions.ChannelPreconditionFailed, match=f"'{argument}'.*not supported by the embedded"
    ):
        await channel.declare_queue("q", arguments={argument: 1})


async def test_message_cut_short_by_its_connection_never_existed(amqp_url: str, channel: AbstractChannel) -> None:
    exchange = await channel.declare_exchange("ex", ExchangeType.TOPIC)
    queue = await channel.declare_queue("q")
    await queue.bind(exchange, "#")
    async with wire(amqp_url) as client:
        await client.handshake()
        client.writer.write(PUBLISH + HEADER + frame.marshal(body.ContentBody(b"half"), 1))
        client.send(commands.Basic.Qos(), 2)
        await client.receive(commands.Connection.Close)
    await publish(channel, queue, "whole")
    assert [text for text, *_ in await drain(queue, 1)] == ["whole"]
