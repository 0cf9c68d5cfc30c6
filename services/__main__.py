"""Processes: `run` (all four services and the broker in one) and `serve SERVICE` (one of them, as deployed).

With `services.cli` the only module that knows all four. Which service answers which path stands in
`shared.web.routes`, for this front as for an ingress.
"""

import asyncio
import contextlib
import fcntl
import gc
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import httpx
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.broker import Bus
from shared.broker.embedded import EmbeddedBroker
from shared.database import Clock, utcnow
from shared.observability import configure_logging, configure_tracing, flush_traces, get_logger
from shared.runtime import ROLES, Service
from shared.runtime.http import Server
from shared.settings import BadSettings, Settings
from shared.web import json_response
from shared.web.routes import SERVICES, service_for

log = get_logger(__name__)

READY_SECONDS = 30.0


def build(name: str, clock: Clock = utcnow, bus: Bus | None = None, **overrides: Any) -> Service:
    """One service with its settings from the environment; `overrides` win."""
    wiring = import_module(f"services.{name}.wiring")
    settings = import_module(f"services.{name}.settings").Settings(**overrides)
    service: Service = wiring.build(settings, clock, bus)
    return service


def main(arguments: list[str]) -> int:
    """`run`, or `serve SERVICE [api,consumer,worker]`."""
    match arguments:
        case ["run"]:
            return _run(run())
        case ["serve", name, *roles] if name in SERVICES:
            return _run(serve(name, roles[0].split(",") if roles else ROLES))
        case _:
            print(f"usage: python -m services run | serve {'|'.join(SERVICES)} [api,consumer,worker]", file=sys.stderr)
            return 2


def _run(work: Any) -> int:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return int(runner.run(work))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return 2


async def run() -> int:
    """The embedded mode: everything in this process, data below `COMPTOIR_VAR`."""
    settings = Settings.of_front()
    settings.var.mkdir(parents=True, exist_ok=True)
    configure_logging(settings.log_level if "COMPTOIR_LOG_LEVEL" in os.environ else "WARNING", settings.log_format)
    configure_tracing("embedded", endpoint=settings.otlp_endpoint, sample=settings.trace_sample)
    with _alone(settings.var) as alone:
        if not alone:
            print(
                f"Another Comptoir already runs on {settings.var}. Set COMPTOIR_VAR for a second one.", file=sys.stderr
            )
            return 1
        key = administrator_key(settings)
        async with embedded(settings, key, settings.host, settings.port) as server:
            _announce(f"http://{server.host}:{server.port}", key)
            await _until_signalled()
            print("Stopping…", file=sys.stderr)
    flush_traces()
    return 0


@asynccontextmanager
async def embedded(settings: Settings, key: str, host: str, port: int) -> AsyncIterator[Server]:
    """The embedded broker and the suite on it."""
    broker = EmbeddedBroker()
    await broker.start()
    overrides: dict[str, Any] = {"docs": True, "sandbox": True, "seed": True}
    if port:
        overrides["public_url"] = f"http://{'localhost' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - asked for
    overrides |= {name: getattr(settings, name) for name in settings.model_fields_set - {"host", "port"}}
    overrides |= {"amqp_url": broker.url, "api_key": key}
    try:
        async with together(host, port, **overrides) as server:
            yield server
    finally:
        await broker.stop()


@asynccontextmanager
async def together(host: str, port: int, **overrides: Any) -> AsyncIterator[Server]:
    """All four services in this process behind one port, started and stopped in order."""
    services = {name: build(name, **overrides) for name in SERVICES}
    documents = services["notifications"].state["documents"]
    if not documents.reachable:
        documents.reach_by(httpx.ASGITransport(app=services["billing"].app))
    server = Server(Front(services), host, port)
    try:
        await asyncio.gather(*(service.start() for service in services.values()))
        await server.start()
        await _ready(services.values())
        yield server
    finally:
        for service in services.values():
            service.end_streams()
        async with _capped(services["orders"].settings.shutdown_seconds):
            await server.stop()
            await asyncio.gather(*(service.stop() for service in services.values()), return_exceptions=True)


async def _ready(services: Iterable[Service]) -> None:
    """Wait until every service has heard of a shop, so that the key which is printed next opens all of them."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            for service in services:
                while await service.not_ready():  # noqa: ASYNC110 - the answer stands in databases
                    await asyncio.sleep(0.05)


async def serve(name: str, roles: Iterable[str]) -> int:
    """One service as its own process."""
    service = build(name)
    settings = service.settings
    configure_logging(settings.log_level, settings.log_format)
    configure_tracing(name, endpoint=settings.otlp_endpoint, sample=settings.trace_sample)
    if settings.amqp_url is None:
        print("COMPTOIR_AMQP_URL is needed: only the embedded mode brings its own broker.", file=sys.stderr)
        return 2
    server = Server(service.app, settings.host, settings.port, shutdown_seconds=settings.shutdown_seconds)
    await service.start(roles)
    await server.start()
    await _until_signalled()
    service.end_streams()
    async with _capped(settings.shutdown_seconds + 5):
        await server.stop()
        await service.stop()
    flush_traces()
    return 0


class Front:
    """The one port of the embedded mode: hands each request to the service its path belongs to."""

    def __init__(self, services: dict[str, Service]) -> None:
        self._services = services
        self._apps: dict[str, ASGIApp] = {name: service.app for name, service in services.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/readyz":
            await (await self._ready())(scope, receive, send)
            return
        await self._apps[service_for(scope["path"])](scope, receive, send)

    async def _ready(self) -> Any:
        reasons = {name: await service.not_ready() for name, service in self._services.items()}
        ready = not any(reasons.values())
        services = {name: reason or "ready" for name, reason in reasons.items()}
        return json_response({"status": "ready" if ready else "waiting", "services": services}, 200 if ready else 503)


def administrator_key(settings: Settings) -> str:
    """`COMPTOIR_API_KEY`, else the key of an earlier start, else a new one kept in `admin-key` beside the data."""
    if settings.api_key is not None:
        return settings.api_key.get_secret_value()
    path = settings.var / "admin-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"ck_{secrets.token_urlsafe(32)}\n")
    return path.read_text().strip()


@contextlib.contextmanager
def _alone(var: Path) -> Any:
    """Whether this process is the only one on these files."""
    lock: IO[str]
    with (var / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@asynccontextmanager
async def _capped(seconds: float) -> AsyncIterator[None]:
    """Stopping takes no longer than this; what did not end is delivered again at the next start."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        log.warning("process.stopped_late", seconds=seconds)


async def _until_signalled() -> None:
    gc.collect()
    gc.freeze()  # what is there now stays: no need to look at it again
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _announce(url: str, key: str) -> None:
    print(
        f"""
  Comptoir is running.

    Start page      {url}/
    API             {url}/api/v1/orders
    Documentation   {url}/docs/orders
    New orders      {url}/push tells this browser of them
    Sandboxes       {url}/sandbox and {url}/sandbox/payments show every call
    Administrator   {key}

  Ctrl-C stops it.
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
