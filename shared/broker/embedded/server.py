"""The embedded broker's listener: `EmbeddedBroker` is all that the rest of the project sees of this package."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from pamqp.exceptions import AMQPConnectionForced

from shared.broker.embedded.connection import Connection
from shared.broker.embedded.topology import Topology

Connections = set[Connection]

_STOP_TIMEOUT = 2.0


class NotLoopbackError(ValueError):
    """The embedded broker knows no passwords: it listens on a loopback address or not at all."""


class EmbeddedBroker:
    """An AMQP 0-9-1 broker in this process and event loop. In memory: what it holds ends with `stop()`.

    Port 0 lets the system choose; `url` is known after `start()`.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        if not _is_loopback(host):
            raise NotLoopbackError(f"the embedded broker listens on loopback only, not on {host!r}; use RabbitMQ there")
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._topology = Topology()
        self._connections: Connections = set()

    @property
    def url(self) -> str:
        """Address for any AMQP 0-9-1 client; any user and password will do."""
        if self._server is None:
            raise RuntimeError("the embedded broker is not running")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"amqp://guest:guest@{f'[{host}]' if ':' in host else host}:{port}/"

    async def start(self) -> None:
        """Begin to listen; raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._topology, self._connections), self._host, self._port
        )

    async def stop(self) -> None:
        """Close every connection with a word (320, as a RabbitMQ that shuts down) and drop all messages."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for connection in list(self._connections):
            connection.close(AMQPConnectionForced("broker shutdown"))
        if self._connections:
            await asyncio.wait([connection.lost for connection in self._connections], timeout=_STOP_TIMEOUT)
        for connection in list(self._connections):
            connection.abort()
        self._topology.close()
        self._topology = Topology()


def _is_loopback(host: str) -> bool:
    """A name counts when every address it stands for is loopback."""
    try:
        addresses = {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(host) and bool(addresses) and all(ipaddress.ip_address(address).is_loopback for address in addresses)
