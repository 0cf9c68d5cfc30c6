"""The fault proxy breaks what it says it breaks: an echo server stands behind it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.servers.fault_proxy import FaultProxy

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1000):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def proxy(fault_proxy: Callable[[str, int], Awaitable[FaultProxy]]) -> AsyncIterator[FaultProxy]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    yield await fault_proxy("127.0.0.1", server.sockets[0].getsockname()[1])
    server.close()


@pytest.fixture
async def connect(proxy: FaultProxy) -> AsyncIterator[Callable[[], Awaitable[Connection]]]:
    writers = []

    async def open_one() -> Connection:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writers.append(writer)
        return reader, writer

    yield open_one
    for writer in writers:
        writer.transport.abort()


Connect = Callable[[], Awaitable[Connection]]


async def test_bytes_pass_both_ways_and_the_end_too(connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(b"hello")
    writer.write_eof()
    async with asyncio.timeout(5):
        assert await reader.read() == b"hello"


async def test_cut_resets_what_is_open_and_lets_new_connections_pass(proxy: FaultProxy, connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(b"a")
    assert await reader.readexactly(1) == b"a"
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    reader, writer = await connect()
    writer.write(b"b")
    assert await reader.readexactly(1) == b"b"


async def test_a_reset_by_the_client_reaches_the_server(
    fault_proxy: Callable[[str, int], Awaitable[FaultProxy]],
) -> None:
    ended = asyncio.Event()

    async def until_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"never read")
        try:
            await reader.read()
        except ConnectionError:
            ended.set()
        finally:
            writer.close()

    server = await asyncio.start_server(until_reset, "127.0.0.1", 0)
    proxy = await fault_proxy("127.0.0.1", server.sockets[0].getsockname()[1])
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    assert await reader.readexactly(1) == b"n"
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    async with asyncio.timeout(5):
        await ended.wait()
    server.close()


async def test_a_blackhole_holds_bytes_until_it_heals(proxy: FaultProxy, connect: Connect) -> None:
    reader, writer = await connect()
    proxy.blackhole()
    writer.write(b"held")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await reader.readexactly(1)
    proxy.heal()
    assert await reader.readexactly(4) == b"held"


async def test_an_answer_is_cut_at_the_byte_asked_for(proxy: FaultProxy, connect: Connect) -> None:
    reader, writer = await connect()
    proxy.reset_after(3)
    writer.write(b"answer")
    assert await reader.readexactly(3) == b"ans"
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)


async def test_down_refuses_and_start_serves_on_the_same_port(proxy: FaultProxy, connect: Connect) -> None:
    port = proxy.port
    proxy.down()
    with pytest.raises(ConnectionRefusedError):
        await connect()
    await proxy.start()
    reader, writer = await connect()
    writer.write(b"up")
    assert await reader.readexactly(2) == b"up"
    assert proxy.port == port


async def test_a_delay_holds_each_piece(proxy: FaultProxy, connect: Connect) -> None:
    reader, writer = await connect()
    proxy.delay(0.1)
    started = asyncio.get_running_loop().time()
    writer.write(b"slow")
    assert await reader.readexactly(4) == b"slow"
    assert asyncio.get_running_loop().time() - started >= 0.2


async def test_a_server_that_is_down_shows_as_a_reset(fault_proxy: Callable[[str, int], Awaitable[FaultProxy]]) -> None:
    gone = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = gone.sockets[0].getsockname()[1]
    gone.close()
    proxy = await fault_proxy("127.0.0.1", port)
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    writer.close()
