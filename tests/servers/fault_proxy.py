"""A TCP proxy that breaks connections on order, between our services and any server: PostgreSQL, RabbitMQ, HTTP, SMTP.

Written here because nothing off the shelf resets, holds and truncates at run time, and because the kernel of a build
machine often lacks traffic control. It knows no protocol; what a mail server itself would refuse is `smtp`'s part.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

CHUNK = 64 * 1024
CONNECT_SECONDS = 10.0


class FaultProxy:
    """Listens on loopback, on a port the system chose, and passes bytes on to (host, port) until told otherwise.

    Made and closed by the fixture `fault_proxy`. Each fault stays until `heal()`, but `cut` and `reset_after`, which
    happen once.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0
        self._upstream = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._delay = 0.0
        self._bytes_left: int | None = None

    async def start(self) -> None:
        """Listen; after `down`, on the same port."""
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end every connection."""
        self.heal()
        self.down()
        # Not cancelled: asyncio of Python 3.11 logs an error for every cancelled handler of a connection.
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection there is; new ones pass."""
        for writer in list(self._writers):
            _reset(writer)

    def down(self) -> None:
        """Reset every connection and refuse new ones, as a host without the server does; `start` ends it."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def blackhole(self) -> None:
        """Hold every byte of both directions: connections open, and nothing ever comes. `heal` lets the bytes pass."""
        self._passing.clear()

    def delay(self, seconds: float) -> None:
        """Hold each piece of data this long, in both directions."""
        self._delay = seconds

    def reset_after(self, bytes_from_server: int) -> None:
        """Reset the connection on which the server's next bytes exceed this number; what exceeds it is lost.

        With 0 the server has done what it was asked, and its client never learns it.
        """
        self._bytes_left = bytes_from_server

    def heal(self) -> None:
        """End every fault but `down`."""
        self._passing.set()
        self._delay = 0.0
        self._bytes_left = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._passing.wait()
            async with asyncio.timeout(CONNECT_SECONDS):
                server_reader, server_writer = await asyncio.open_connection(*self._upstream)
            self._writers.add(server_writer)
            try:
                # A half-closed connection goes on: a client may end its request and wait for the answer.
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pump(reader, server_writer, len))
                    both.create_task(self._pump(server_reader, writer, self._allowance))
            finally:
                self._writers.discard(server_writer)
                server_writer.close()
        except OSError:  # the server is down: the client shall see that, too
            _reset(writer)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, allowed: Callable[[bytes], int]
    ) -> None:
        try:
            while data := await reader.read(CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._passing.wait()
                passing = allowed(data)
                writer.write(data[:passing])
                if passing < len(data):
                    _reset(writer)
                    return
                await writer.drain()
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()
        except OSError:  # a killed process ends so, one that is gone altogether too: the other side must learn it
            _reset(writer)

    def _allowance(self, data: bytes) -> int:
        if self._bytes_left is None:
            return len(data)
        passing = min(len(data), self._bytes_left)
        self._bytes_left = self._bytes_left - passing if passing == len(data) else None
        return passing


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN, as a killed host or a firewall does."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
