"""`make up` brings the deployed shape up on one port and takes it down again, leaving nothing behind."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.ports import port_of, reserve_port
from deploy.local.postgres import find_postgres
from deploy.local.rabbitmq import find_rabbitmq
from shared.web.routes import SERVICES
from tests.conftest import ROOT
from tests.eventually import eventually
from tests.servers.require import require

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]

START_SECONDS = 120
Start = Callable[..., Awaitable[Process]]


@pytest.fixture
def port() -> Iterator[int]:
    with reserve_port() as reserved:
        yield port_of(reserved)


@pytest.fixture
async def start(tmp_path: Path, port: int) -> AsyncIterator[Start]:
    """Starts `make up` with data of its own; whatever a failed test leaves is ended."""
    require("PostgreSQL", find_postgres(), "install requirements-dev.lock")
    require("RabbitMQ", find_rabbitmq(), "`make test` installs it")
    processes: list[Process] = []

    async def run(**environment: str) -> Process:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMPTOIR_")}
        own = {"COMPTOIR_VAR": str(tmp_path / "var"), "PORT": str(port), **environment}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.local", cwd=ROOT, env=kept | own, stdout=PIPE, stderr=STDOUT
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.communicate(), 60)


async def serving(process: Process, said: "asyncio.Task[tuple[bytes, bytes]]", port: int) -> None:
    """Until it is ready; one that has ended never will be, and its output says why."""

    async def ready() -> bool:
        if process.returncode is not None:
            raise RuntimeError((await said)[0].decode())
        async with httpx.AsyncClient() as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
            except httpx.TransportError:
                return False
        return answer.status_code == 200

    await eventually(ready, seconds=START_SECONDS, every=0.25)


async def test_it_serves_then_stops_and_leaves_nothing(start: Start, port: int) -> None:
    process = await start()
    said = asyncio.create_task(process.communicate())
    await serving(process, said, port)
    family = psutil.Process(process.pid).children(recursive=True)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        assert (await client.get("/readyz")).json()["services"].keys() == set(SERVICES)
        assert (await client.get("/api/v1/billing/documents")).status_code == 401

    process.send_signal(signal.SIGINT)
    output = (await asyncio.wait_for(said, 60))[0].decode()
    assert process.returncode == 0, output
    assert "killed" not in output
    assert [left for left in family if left.is_running() and left.status() != psutil.STATUS_ZOMBIE] == []


async def test_a_service_that_dies_takes_the_rest_down_and_is_named(start: Start, port: int) -> None:
    process = await start()
    said = asyncio.create_task(process.communicate())
    await serving(process, said, port)
    [billing] = [
        child
        for child in psutil.Process(process.pid).children()
        if child.cmdline()[1:] == ["-m", "services", "serve", "billing"]
    ]
    billing.kill()
    output = (await asyncio.wait_for(said, 60))[0].decode()
    assert process.returncode == 1
    assert "billing ended by itself with exit code -9" in output


async def test_half_named_databases_are_refused(start: Start) -> None:
    process = await start(COMPTOIR_DATABASE_URL_ORDERS="postgresql+asyncpg://nobody@127.0.0.1:1/orders")
    output = (await asyncio.wait_for(process.communicate(), 60))[0].decode()
    assert process.returncode == 1
    assert "name all databases or none" in output
