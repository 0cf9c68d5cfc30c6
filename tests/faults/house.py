"""The whole installation under test: four processes on a real PostgreSQL and RabbitMQ, and the world around them.

Every connection of a process to its database and its broker goes through a proxy of its own, so that each can be cut
apart. The tests themselves look at the databases and at the broker directly.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import httpx
import orjson

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.broker.topology import EXCHANGE
from shared.web.routes import SERVICES
from tests.eventually import eventually
from tests.faults.processes import ServiceProcess
from tests.servers.fault_proxy import FaultProxy
from tests.servers.payments import PaymentProvider
from tests.servers.smtp import SmtpServer
from tests.servers.vendors import Counterparts

KEY = "ck_fault-runs-key"
PATIENCE = 5.0
"""After so many seconds without an answer a client does not know the outcome."""
A_PAGE = {
    "orders": "/api/v1/orders",
    "inventory": "/api/v1/inventory/stock",
    "billing": "/api/v1/billing/documents",
    "notifications": "/api/v1/notifications/deliveries",
}
OBSERVER = "observer"
SAID = ("orders.order.v1", "inventory.reservation.v1", "billing.account.v1", "notifications.delivery.v1")
QUICK = {
    "COMPTOIR_CALL_SECONDS": "2",  # a call that nobody answers is of unknown outcome after this
    "COMPTOIR_LEASE_SECONDS": "6",  # and so is one whose worker died
    "COMPTOIR_RENDER_LEASE_SECONDS": "6",
    "COMPTOIR_PROVIDER_LEASE_SECONDS": "6",
}
"""Only how long things take; the rest of the settings is what an installation starts with."""


class House:
    """Started once for many seeds; what a fault broke is mended by `heal`.

    `prefix` begins the names of its databases.
    """

    def __init__(
        self,
        postgres: Postgres,
        rabbitmq: RabbitMQ,
        amqp_url: str,
        folder: Path,
        prefix: str,
    ) -> None:
        self.postgres = postgres
        self.rabbitmq = rabbitmq
        self.amqp_url = amqp_url
        self.folder = folder
        self.counterparts = Counterparts()
        self.mails = SmtpServer()
        self.payments = PaymentProvider()
        self.links: dict[str, FaultProxy] = {}
        self.processes: dict[str, ServiceProcess] = {}
        self._prefix = prefix
        self._observed: defaultdict[str, list[bytes]] = defaultdict(list)
        self._connections: dict[str, asyncpg.Connection] = {}
        self._numbers = count(1)

    def next_number(self) -> int:
        """Makes the names of a seed's things unique, also where the seed is run again."""
        return next(self._numbers)

    async def start(self) -> None:
        """Everything up, and the shop known to all."""
        await self.mails.start()
        await self.counterparts.start()
        await self.payments.start()
        for service in SERVICES:
            await self.postgres.create_database(self._prefix + service)
            await self._link(f"{service}/database", self.postgres.port)
            await self._link(f"{service}/broker", self.rabbitmq.port)
            self.processes[service] = self.process(service)
            self.processes[service].spawn()
            await self._link(f"{service}/http", self.processes[service].port)
        await self.ready()
        await self._observe()
        await self._introduce()

    async def stop(self) -> None:
        """Everything down, in the order of `make up`."""
        try:
            await asyncio.gather(*(process.stop() for process in self.processes.values()))
        finally:
            for process in self.processes.values():
                process.close()
            for connection in self._connections.values():
                connection.terminate()
            for link in self.links.values():
                await link.close()
            await self.counterparts.stop()
            await self.payments.stop()
            await self.mails.stop()

    def process(self, service: str, *, replica: str = "") -> ServiceProcess:
        """A process of this service, not started."""
        database, broker = self.links[f"{service}/database"], self.links[f"{service}/broker"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMPTOIR_")}
        vhost = urlsplit(self.amqp_url).path
        environment = kept | QUICK | {
            f"COMPTOIR_DATABASE_URL_{service.upper()}":
                f"postgresql://postgres@{database.host}:{database.port}/{self._prefix}{service}",
            "COMPTOIR_AMQP_URL": f"amqp://guest:guest@{broker.host}:{broker.port}{vhost}",
            "COMPTOIR_API_KEY": KEY,
        }  # fmt: skip
        if service == "notifications":
            smtp = {"HOST": self.mails.host, "PORT": str(self.mails.port), "SECURITY": "none"}
            environment |= {f"COMPTOIR_SMTP__{name}": value for name, value in smtp.items()}
            environment |= self.counterparts.settings()
        if service == "billing":
            environment |= self.payments.settings()
        return ServiceProcess(service, environment, self.folder / f"{service}{replica}.log")

    async def switch_off(self, switches: Mapping[str, str]) -> None:
        """Start these services again without the safeguards named (by service), to see that they are missed."""
        for service, names in switches.items():
            process = self.processes[service]
            await process.stop()
            process.switch_off(names)
            process.spawn()
        await self.ready()

    async def ready(self) -> None:
        """Wait until every process serves and hears."""
        for process in self.processes.values():
            await process.ready()

    async def heal(self) -> None:
        """End every fault that may still last, start what is down, and wait until all of it works."""
        self.mails.heal()
        self.counterparts.heal()
        for link in self.links.values():
            link.heal()
        async with self.supervised():
            for process in self.processes.values():
                if not process.alive:
                    process.spawn()
            await self.ready()

    @asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        """Start again what ends by itself, as an orchestrator does: whatever comes up while its database is away."""
        over = asyncio.Event()

        def revive() -> bool:
            for process in self.processes.values():
                if not process.shall_die and (process.exit_code or 0) > 0:
                    process.spawn()
            return over.is_set()

        supervisor = asyncio.create_task(eventually(revive, seconds=3600, every=0.5))
        try:
            yield
        finally:
            over.set()
            await supervisor

    async def rows(self, service: str, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        """Rows of a service's database, asked without the service; a broken connection is replaced once."""
        for attempt in (1, 2):
            connection = self._connections.get(service)
            try:
                if connection is None or connection.is_closed():
                    url = self.postgres.url(self._prefix + service, driver="postgresql")
                    connection = self._connections[service] = await asyncpg.connect(url, timeout=10)
                return [dict(row) for row in await connection.fetch(statement, *arguments, timeout=30)]
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
                self._connections.pop(service, None)
                if attempt == 2:
                    raise
        raise AssertionError

    async def publish(self, queue: str, body: bytes) -> None:
        """Put raw bytes into a queue."""
        async with self._channel() as channel:
            await channel.default_exchange.publish(aio_pika.Message(body), routing_key=queue, timeout=10)

    async def purge(self, queue: str) -> int:
        """Lose what waits in a queue; how many messages."""
        async with self._channel() as channel:
            found = await channel.get_queue(queue)
            return (await found.purge(timeout=10)).message_count or 0

    async def depths(self, queues: Sequence[str]) -> dict[str, int]:
        """How many messages wait in these queues."""
        async with self._channel() as channel:
            found = {}
            for queue in queues:
                declared = await channel.declare_queue(queue, passive=True, timeout=10)
                found[queue] = declared.declaration_result.message_count or 0
            return found

    async def observed(self, message: str) -> list[bytes]:
        """What was said under this name since `forget`, in the order in which the broker took it."""
        async with self._channel() as channel:
            queue = await channel.get_queue(OBSERVER)
            while (one := await queue.get(no_ack=True, fail=False, timeout=10)) is not None:
                name = next(name for name in SAID if (one.routing_key or "").startswith(f"{name}."))
                self._observed[name].append(one.body)
        return list(self._observed[message])

    async def forget(self) -> None:
        """Let go of what was said until now."""
        await self.purge(OBSERVER)
        self._observed.clear()

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        connection = await aio_pika.connect(self.amqp_url, timeout=10)
        async with connection:
            yield await connection.channel(publisher_confirms=True)

    async def _observe(self) -> None:
        """A queue of our own beside those of the services hears what they hear."""
        async with self._channel() as channel:
            queue = await channel.declare_queue(OBSERVER, durable=True, arguments={"x-max-length": 2000})
            for name in SAID:
                await queue.bind(EXCHANGE, f"{name}.#")

    async def _introduce(self) -> None:
        """Have the shop send SMS; wait until every service has heard of it."""
        for service, path in A_PAGE.items():
            async with self.client(service) as client:

                async def heard(client: httpx.AsyncClient = client, path: str = path) -> bool:
                    return (await client.get(path)).status_code == 200

                await eventually(heard, seconds=30, every=0.1)
        async with self.client("orders") as client:
            shop = (await client.get("/api/v1/shop")).json()
            told = {name: value for name, value in shop.items() if name not in {"version", "keys"}}
            response = await client.put("/api/v1/shop", json=told | {"sms": True})
            assert response.is_success, response.text

        async def sends_sms() -> bool:
            [shop] = await self.rows("notifications", "SELECT body FROM shops")
            return bool(orjson.loads(shop["body"])["sms"])

        await eventually(sends_sms, seconds=30, every=0.1)

    def client(self, service: str) -> httpx.AsyncClient:
        """Asks a service with the administrator's key."""
        headers, door = {"Authorization": f"Bearer {KEY}"}, self.links[f"{service}/http"]
        return httpx.AsyncClient(base_url=f"http://{door.host}:{door.port}", headers=headers, timeout=PATIENCE)

    async def _link(self, name: str, port: int) -> None:
        self.links[name] = FaultProxy("127.0.0.1", port)
        await self.links[name].start()
