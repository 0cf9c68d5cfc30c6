"""Serving HTTP by uvicorn inside a running event loop, with a bounded end."""

import asyncio
import contextlib
import socket

import uvicorn
from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS = 75
"""How long an unused connection is kept: longer than what stands before us keeps it (nginx, most load balancers: 60 s).
Whoever closes first may close it just when the other one sends a request, which then fails."""


class Server:
    """An ASGI application on one port; port 0 takes a free one, `port` then tells it."""

    def __init__(self, app: ASGIApp, host: str, port: int, *, shutdown_seconds: float = 5.0) -> None:
        self._socket = socket.create_server((host, port), reuse_port=False, backlog=512)
        self.host, self.port = self._socket.getsockname()[:2]
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(shutdown_seconds),
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._shutdown_seconds = shutdown_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer; the socket is bound already, so a client that comes now waits a moment at the most."""
        self._task = asyncio.create_task(self._server._serve([self._socket]), name="http")

    async def stop(self) -> None:
        """Refuse new requests, finish the running ones within the bound, close."""
        self._server.should_exit = True
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._task, self._shutdown_seconds + 1)
        self._socket.close()
