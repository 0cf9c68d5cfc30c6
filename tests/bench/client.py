"""A keep-alive HTTP client that costs next to nothing, so that what is measured is the service and not its caller.

It knows just what our API answers: a body of known length. One `Connection` has one request under way at a time;
`Clients` shares a number of them out.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

SECONDS = 60.0

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status and its body as parsed JSON (None where there is none)."""

    status: int
    body: Any


class Connection:
    """One TCP connection to a service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self._reader, self._writer = reader, writer
        self._headers = f"Host: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"

    async def ask(self, method: str, path: str, body: Any = None) -> Reply:
        """Send one request and read its answer."""
        payload = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}Content-Length: {len(payload)}\r\n\r\n"
        self._writer.write(head.encode() + payload)
        async with asyncio.timeout(SECONDS):
            answer = await self._reader.readuntil(b"\r\n\r\n")
            status = int(answer.split(b" ", 2)[1])
            length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            content = await self._reader.readexactly(length)
        return Reply(status, json.loads(content) if content else None)

    def close(self) -> None:
        self._writer.close()


class Clients:
    """Several connections to one service, opened anew for each piece of work: a service closes idle ones."""

    def __init__(self, url: str, key: str, count: int = 16) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname, address.port
        self._key = key
        self._count = count

    async def each(self, items: Iterable[T], work: Callable[[Connection, T], Awaitable[R]]) -> list[R]:
        """Do the work for every item, each connection taking the next one; the results in the items' order."""
        waiting = list(enumerate(items))[::-1]
        results: dict[int, R] = {}

        async def serve() -> None:
            connection = await self._connect()
            while waiting:
                number, item = waiting.pop()
                results[number] = await work(connection, item)
            connection.close()

        await asyncio.gather(*(serve() for _ in range(self._count)))
        return [results[number] for number in sorted(results)]

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request that must be accepted; the body of its answer."""
        connection = await self._connect()
        reply = await connection.ask(method, path, body)
        connection.close()
        return accepted(reply)

    async def _connect(self) -> Connection:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        return Connection(reader, writer, self._key)


def accepted(reply: Reply) -> Any:
    """The body of an answer that says yes; anything else ends the benchmark."""
    if not 200 <= reply.status < 300:
        raise RuntimeError(f"refused with {reply.status}: {reply.body}")
    return reply.body
