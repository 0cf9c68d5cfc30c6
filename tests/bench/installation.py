"""What is measured: the services as operating system processes on a PostgreSQL (fsync on) and a RabbitMQ of our own.

`start` runs orders as two processes of the same code: `api` has an address of the broker where nobody listens, so that
what it commits stays in the outbox until `worker` (the roles consumer and worker), which can be held by SIGSTOP,
publishes it. That keeps the cost of HTTP out of what an order change costs from its commit on. `join` puts one process
in the place of the two, as an installation has it. Mail, SMS and marketplaces go to counterparts in `tests/servers`.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiormq
import asyncpg
import psutil

from deploy.local.ports import port_of, reserve_port
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.web.routes import SERVICES
from tests.bench.client import Clients
from tests.eventually import eventually
from tests.servers.smtp import SmtpServer
from tests.servers.vendors import Counterparts

ROOT = Path(__file__).parents[2]
KEY = "ck_benchmark-key"
START_SECONDS = 90.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.1
OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""
QUIET_HEARTBEAT = 600
"""A process that is held answers no heartbeats; the broker shall not cut it off meanwhile."""


class Process:
    """One `python -m services …`, its address and what it costs."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._reserved = reserve_port()
        self.port = port_of(self._reserved)
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {word: value for word, value in os.environ.items() if not word.startswith("COMPTOIR_")}
        own = {"COMPTOIR_PORT": str(self.port), "PORT": str(self.port)}
        self.started = time.perf_counter()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services", *arguments],
                cwd=ROOT, env={**kept, **environment, **own}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self._measured = psutil.Process(self._process.pid)

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far."""
        times = self._measured.cpu_times()
        return times.user + times.system

    @property
    def rss_mb(self) -> float:
        """Resident memory, in units of 1024 × 1024 bytes."""
        return self._measured.memory_info().rss / 2**20

    async def ready(self, path: str = "/readyz/consumer") -> float:
        """Wait until it says that it is ready; seconds since it was started."""

        async def answers() -> bool:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}")
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                return False
            writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            return b" 200 " in answer.partition(b"\r\n")[0]

        await eventually(answers, seconds=START_SECONDS, every=0.02)
        return time.perf_counter() - self.started

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self) -> None:
        """An orderly end, by force if it takes too long."""
        self.signal(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reserved.close()


class Installation:
    """Five processes of four services, and the two servers they need."""

    def __init__(self, postgres: Postgres, rabbitmq: RabbitMQ, folder: Path, prefix: str) -> None:
        self.folder = folder
        self._postgres = postgres
        self._rabbitmq = rabbitmq
        self._prefix = prefix
        self._databases: dict[str, asyncpg.Connection] = {}
        self.mails = SmtpServer()
        self.vendors = Counterparts()
        self.processes: dict[str, Process] = {}
        self._environment: dict[str, str] = {}
        self._nobody = reserve_port()
        self.orders: Clients
        self.inventory: Clients

    async def start(self) -> None:
        """Start everything with the default settings; returns when all of it serves."""
        await self.mails.start()
        await self.vendors.start()
        for service in SERVICES:
            await self._postgres.create_database(self._prefix + service)
            url = self._postgres.url(self._prefix + service, driver="postgresql")
            self._databases[service] = await asyncpg.connect(url)
        self._environment = {
            "COMPTOIR_DATABASE_URL": self._postgres.url(self._prefix + "{service}"),
            "COMPTOIR_API_KEY": KEY,
            "COMPTOIR_SMTP__HOST": self.mails.host,
            "COMPTOIR_SMTP__PORT": str(self.mails.port),
            "COMPTOIR_SMTP__SECURITY": "none",
            **self.vendors.settings(),
        }
        for service in ("inventory", "billing", "notifications"):  # before orders says the shop, which all must hear
            self._spawn(service, ["serve", service], self._rabbitmq.url)
        for service in ("inventory", "billing", "notifications"):
            await self.processes[service].ready("/healthz")
        held = f"{self._rabbitmq.url}?heartbeat={QUIET_HEARTBEAT}"
        self._spawn("orders worker", ["serve", "orders", "consumer,worker"], held)
        for process in list(self.processes.values()):
            await process.ready()
        nobody = f"amqp://guest:guest@127.0.0.1:{port_of(self._nobody)}/"
        self._spawn("orders api", ["serve", "orders", "api"], nobody)
        await self.processes["orders api"].ready("/readyz")
        self.orders = Clients(self.processes["orders api"].url, KEY)
        self.inventory = Clients(self.processes["inventory"].url, KEY)

    async def join(self) -> None:
        """One process of orders from here on."""
        for name in ("orders api", "orders worker"):
            await asyncio.to_thread(self.processes.pop(name).stop)
        self._spawn("orders", ["serve", "orders"], self._rabbitmq.url)
        await self.processes["orders"].ready()
        self.orders = Clients(self.processes["orders"].url, KEY)

    async def scale(self, service: str) -> None:
        """A second process of the service takes its share of the messages."""
        self._spawn(f"{service} 2", ["serve", service, "consumer,worker"], self._rabbitmq.url)
        await self.processes[f"{service} 2"].ready()

    async def unscale(self, service: str) -> None:
        await asyncio.to_thread(self.processes.pop(f"{service} 2").stop)

    async def stop(self) -> None:
        """End the processes in order, forget the databases' connections."""
        for process in self.processes.values():
            await asyncio.to_thread(process.stop)
        for database in self._databases.values():
            await database.close()
        await self.vendors.stop()
        await self.mails.stop()
        self._nobody.close()

    def _spawn(self, name: str, arguments: list[str], amqp_url: str) -> None:
        log = self.folder / f"{self._prefix}{name.replace(' ', '-')}.log"
        environment = {**self._environment, "COMPTOIR_AMQP_URL": amqp_url}
        self.processes[name] = Process(name, arguments, environment, log)

    @property
    def cpu_seconds(self) -> float:
        """What all processes have cost so far."""
        return sum(process.cpu_seconds for process in self.processes.values())

    async def hold(self) -> None:
        """Orders accepts changes, and nobody hears of them.

        The worker is held between two transactions: locks of one that stood still would be waited for by the changes.
        """
        worker = self.processes["orders worker"]

        async def between() -> bool:
            worker.signal(signal.SIGSTOP)
            if not (await self.rows("orders", OPEN_TRANSACTIONS))[0][0]:
                return True
            worker.signal(signal.SIGCONT)
            return False

        await eventually(between)

    def release(self) -> None:
        """Let what was committed go out."""
        self.processes["orders worker"].signal(signal.SIGCONT)

    async def rows(self, service: str, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Ask a service's database without the service."""
        found: list[asyncpg.Record] = await self._databases[service].fetch(statement, *arguments)
        return found

    async def versions(self) -> tuple[str, str]:
        """PostgreSQL's and RabbitMQ's."""
        connection = await aiormq.connect(self._rabbitmq.url)
        rabbitmq = str(connection.server_properties["version"])
        await connection.close()
        return (await self.rows("orders", "SHOW server_version"))[0][0], rabbitmq

    async def settled(self, seconds: float = 180.0) -> None:
        """Wait until every order is settled and no outbox holds anything."""

        async def at_rest() -> bool:
            if await self._databases["orders"].fetchval("SELECT EXISTS (SELECT FROM orders WHERE NOT settled)"):
                return False
            unsent = [
                await database.fetchval("SELECT EXISTS (SELECT FROM outbox)") for database in self._databases.values()
            ]
            return not any(unsent)

        await eventually(at_rest, seconds=seconds, every=POLL_SECONDS)
