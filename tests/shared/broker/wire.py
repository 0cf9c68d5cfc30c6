"""A client that may say anything: for what no well-behaved library can be made to send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from pamqp import commands, frame
from pamqp.base import Frame
from pamqp.frame import FrameTypes

from tests.shared.broker.amqp import DEADLINE

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
Expected = TypeVar("Expected", bound=FrameTypes)


class Wire:
    """A socket to a broker, frame by frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, method: Frame, channel: int = 0) -> None:
        """Write a method frame."""
        self.writer.write(frame.marshal(method, channel))

    async def receive(self, kind: type[Expected]) -> Expected:
        """The next frame, which must be of this kind."""
        async with asyncio.timeout(DEADLINE):
            head = await self._reader.readexactly(7)
            rest = await self._reader.readexactly(int.from_bytes(head[3:]) + 1)
        found = frame.unmarshal(head + rest)[2]
        assert isinstance(found, kind), f"{found.name} instead of {kind.name}: {getattr(found, 'reply_text', '')}"
        return found

    async def rest(self) -> bytes:
        """All that comes until the broker closes the socket."""
        async with asyncio.timeout(DEADLINE):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""

    async def handshake(self, heartbeat: int = 0, frame_max: int = 0) -> None:
        """Open the connection and channel 1."""
        self.writer.write(PROTOCOL_HEADER)
        await self.receive(commands.Connection.Start)
        self.send(commands.Connection.StartOk({}, "PLAIN", "\x00any\x00thing", "en_US"))
        await self.receive(commands.Connection.Tune)
        self.send(commands.Connection.TuneOk(0, frame_max, heartbeat))
        self.send(commands.Connection.Open("/"))
        await self.receive(commands.Connection.OpenOk)
        self.send(commands.Channel.Open(), 1)
        await self.receive(commands.Channel.OpenOk)


@asynccontextmanager
async def wire(url: str, limit: int = 2**16) -> AsyncIterator[Wire]:
    """A connected socket, before any handshake; `limit` octets are read ahead."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=limit)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
