"""POSTs to addresses that sellers and browsers give: out into the internet only, and nothing but a POST.

The name is looked up once for each connection and every address behind it is checked; what is connected to is what was
checked, while the name goes on standing in the certificate's check and in `Host`. So a name that leads elsewhere a
moment later (DNS rebinding) leads nowhere. There are no redirects, no proxies and no cookies, nothing is decompressed,
and of an answer only the beginning is read. `domain.addresses` has the rules; `webhooks` and `push` make the calls.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.parse import SplitResult

import httpcore

from services.notifications.domain.addresses import BadAddress, check_url, refusal

CONNECT_SECONDS = 5.0
KEPT_BYTES = 2000
"""Of an answer; the rest is not read, and the connection closed."""
ADDRESSES_TRIED = 3

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses behind a name, the best first."""


class Refused(Exception):
    """The address is not one to be called; nothing was sent."""


class Misshapen(Refused):
    """The address itself is none that could ever be called."""


class Unreached(Exception):
    """There was no answer, or not in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, and in how many seconds; `said` is the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    said: bytes
    seconds: float


class Post(Protocol):
    """How `webhooks` and `push` reach the outside; `Outward.post` in production."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply: ...


_trusted = cache(ssl.create_default_context)
"""The system's authorities: read once a process, since reading them holds up the event loop for 40 ms."""


async def look_up(host: str, port: int) -> list[str]:
    """The system's own resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Outward:
    """The connections of one process to the outside. `loopback` allows this machine, for trials and tests."""

    def __init__(
        self,
        *,
        seconds: float,
        loopback: bool = False,
        resolve: Resolve = look_up,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._seconds = seconds
        self._loopback = loopback
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted or _trusted(),
            max_connections=200,
            max_keepalive_connections=50,
            keepalive_expiry=15.0,
            network_backend=_Checked(resolve, loopback=loopback),
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send the body; the whole exchange within the time allowed. Raises `Refused` or `Unreached`."""
        try:
            parts = check_url(url, loopback=self._loopback)
        except BadAddress as error:
            raise Misshapen(f"the address {error}") from error
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(parts, body, headers)
        except UnicodeError as error:  # of the resolver, for a name that is none
            raise Misshapen("the address names no host") from error
        except TimeoutError as error:
            raise Unreached(f"no answer within {self._seconds:g} s") from error
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise Unreached(f"{type(error).__name__} {error}".strip()) from error

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.aclose()

    async def _exchange(self, parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One request. The address goes in in pieces, so that nobody reads its text a second time, and otherwise."""
        began = time.perf_counter()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = httpcore.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=path)
        sent = [("host", parts.netloc), ("user-agent", "comptoir"), *headers.items()]
        timeouts = {"connect": CONNECT_SECONDS, "pool": self._seconds}
        async with self._pool.stream(
            "POST", target, headers=sent, content=body, extensions={"timeout": timeouts}
        ) as response:
            said = b""
            async for piece in response.aiter_stream():
                said += piece
                if len(said) >= KEPT_BYTES:
                    break
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Reply(response.status, told, said[:KEPT_BYTES], time.perf_counter() - began)


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, never to a name."""

    def __init__(self, resolve: Resolve, *, loopback: bool) -> None:
        self._resolve = resolve
        self._loopback = loopback
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """One of the name's addresses, all of which must be of the internet."""
        addresses = await self._resolve(host, port)
        for address in addresses:
            if why := refusal(address, loopback=self._loopback):
                raise Refused(f"the address leads to {address}, which {why}")
        last: Exception = OSError("the name has no address")
        for address in addresses[:ADDRESSES_TRIED]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
