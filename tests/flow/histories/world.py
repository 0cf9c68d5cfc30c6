"""Two replicas of each service on one database each, a lossy network, one clock, and a real mail server.

One world lives as long as the test process: every history has SKUs and orders of its own, and is left settled.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import text

from services.__main__ import build
from shared.runtime import Service
from shared.web.routes import SERVICES, service_for
from tests.eventually import eventually
from tests.flow.histories.network import Network, NetworkBus
from tests.flow.suite import order_body
from tests.servers.smtp import SmtpServer

KEY = "ck_histories-key"
T = TypeVar("T")
REPLICAS = 2
IDLE = frozenset(
    {
        "bundle_levels",
        "call_providers",
        "forget_accounts",
        "forget_idempotency_keys",
        "forget_old",
        "heed_sms_reports",
        "import_files",
        "look_at_payments",
        "match_payouts",
        "print_documents",
        "publish_shops",
        "pull_orders",
        "send_account_links",
    }
)
"""Jobs with nothing to do in these histories: nobody prints, imports, sells elsewhere or pays by card."""
CELLAR = "cellar"
"""A location besides the default one, to which goods come with orders alone."""
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - our own folder below it


class World:
    """Everything a history can touch. Hypothesis moves step by step, so it has a loop of its own, and `run`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        self.network = Network()
        self.mails = SmtpServer()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY, prefix="comptoir-histories-")
        self.replicas: dict[str, list[Service]] = {}
        self.clients: dict[str, httpx.AsyncClient] = {}
        self.numbers = count(1)

    async def start(self) -> None:
        await self.mails.start()
        for name in SERVICES:
            self.replicas[name] = [await self._replica(name) for _ in range(REPLICAS)]
            headers = {"Authorization": f"Bearer {KEY}"}
            transport = httpx.ASGITransport(self.replicas[name][0].app)
            self.clients[name] = httpx.AsyncClient(transport=transport, base_url="http://world", headers=headers)
        jobs = {job.name for service in chain.from_iterable(self.replicas.values()) for job in service.jobs}
        assert jobs >= IDLE, IDLE - jobs
        for service in chain.from_iterable(self.replicas.values()):
            await service.prepare()
            await service.outbox.start()
        await self.speak()
        await self.network.deliver(random.Random(0))
        cellar = {"name": "Cave", "priority": 9}
        response = await self.request("PUT", f"/api/v1/inventory/locations/{CELLAR}", json=cellar)
        assert response.status_code == 200, response.text

    async def _replica(self, name: str) -> Service:
        smtp = {"smtp": {"host": self.mails.host, "port": self.mails.port, "security": "none"}}
        service = build(
            name,
            clock=lambda: self.now,
            bus=NetworkBus(self.network, name),
            var=Path(self.folder.name),
            sqlite_synchronous="OFF",
            api_key=KEY,
            seed=True,
            sandbox=False,
            **(smtp if name == "notifications" else {}),
        )
        await service.bus.start()
        return service

    async def stop(self) -> None:
        for services in self.replicas.values():
            for service in services:
                for hearing in service.hears.values():
                    await hearing.stop()
                await service.outbox.stop()
                await service.db.close()
        await self.mails.stop()
        self.folder.cleanup()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """One step."""
        return self.loop.run_until_complete(work)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask the service that answers this path."""
        return await self.clients[service_for(path)].request(method, path, **options)

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.request("POST", path, json=body)

    async def place(self, *lines: tuple[str, int], **changes: Any) -> str:
        response = await self.post("/api/v1/orders", order_body(*lines, **changes))
        assert response.status_code == 201, response.text
        return str(response.json()["code"])

    async def product(self, stock: int) -> str:
        sku = f"H-{next(self.numbers)}"
        path = f"/api/v1/inventory/products/{sku}"
        response = await self.request("PUT", path, json={"name": sku})
        assert response.status_code in {200, 201}, response.text
        if stock:
            await self.move_stock(sku, stock)
        return sku

    async def move_stock(self, sku: str, quantity: int) -> None:
        body = {"sku": sku, "quantity": quantity, "reason": "receipt" if quantity > 0 else "loss"}
        response = await self.post("/api/v1/inventory/movements", body)
        assert response.status_code in {200, 201}, response.text

    async def speak(self) -> None:
        """Wait until all that was committed is under way."""
        for service in chain.from_iterable(self.replicas.values()):
            await eventually(partial(getattr, service.outbox.dispatcher, "idle"), every=0.0)

    async def work(self, replica: int = 0) -> None:
        """Run every job that may have something to do once, service by service."""
        for name in SERVICES:
            for job in self.replicas[name][replica].jobs:
                if job.name not in IDLE:
                    await job.run()
        await self.replicas["notifications"][replica].state["deliverer"].idle()

    async def heal(self, codes: list[str]) -> None:
        """No more losses: time passes, sweeps run, until these orders are settled."""
        chance = random.Random(1)
        for turn in range(40):
            for _ in range(6):
                await self.speak()
                if not await self.network.deliver(chance):
                    break
            if await self.unsettled(codes) == 0:
                return
            self.now += timedelta(seconds=min(60 * 4**turn, 4000))
            await self.work()
        raise AssertionError(f"not settled: {await self.rows('orders', OPEN, codes=codes)}")

    async def unsettled(self, codes: list[str]) -> int:
        return len([row for row in await self.rows("orders", SETTLED, codes=codes) if not row["settled"]])

    async def rows(self, service: str, statement: str, *, codes: list[str] | None = None) -> list[dict[str, Any]]:
        """Rows of a service's database; `:codes` is a JSON list."""
        parameters = {} if codes is None else {"codes": "[" + ",".join(f'"{code}"' for code in codes) + "]"}
        async with self.replicas[service][0].db.read() as conn:
            return [dict(row) for row in (await conn.execute(text(statement), parameters)).mappings()]


OF = "code IN (SELECT value FROM json_each(:codes))"
SETTLED = f"SELECT code, settled FROM orders WHERE {OF}"
OPEN = (
    "SELECT o.code, o.version, o.type, h.service, h.heard, h.open, h.blocked, h.resends FROM orders o"
    f" JOIN hearings h ON h.order_id = o.id WHERE NOT o.settled AND o.{OF}"
)
