"""A running service: started in order, in the roles it was given, and stopped in time whatever hangs."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aio_pika
import httpx
import pytest
from sqlalchemy import inspect, select

from shared.batch import parked
from shared.broker import Bus
from shared.contracts import Digest, Order, Reservation, ShopKey
from shared.outbox.tables import outbox as outbox_table
from shared.runtime import ROLES, Service
from shared.runtime.machinery import park_dead_letters
from shared.security import hash_key
from shared.settings import Settings
from tests.eventually import eventually
from tests.shared.conftest import MakeProxy, connected
from tests.shared.model import account, order, shop

NAME = "inventory"
"""The tables are those of a real service, since its migrations make them; the rest of it stays at home."""


@pytest.fixture
async def make_service(database_address: str) -> AsyncIterator[Callable[..., Service]]:
    """Makes services on one database; they are stopped at the end."""
    made: list[Service] = []

    def make(amqp_url: str = "amqp://127.0.0.1:1/", **settings: object) -> Service:
        chosen = {"database_url": database_address, "amqp_url": amqp_url, "sqlite_synchronous": "OFF", **settings}
        made.append(Service(NAME, Settings.model_validate(chosen), publishes=(Reservation, Digest)))
        return made[-1]

    yield make
    for service in made:
        await service.stop()


class TestStarting:
    async def test_in_order(self, make_service: Callable[..., Service]) -> None:
        """The database first, then the service's own steps, and only then jobs."""
        service = make_service()
        done: list[str] = []

        async def own() -> None:
            async with service.db.engine.connect() as conn:
                assert "guards" in await conn.run_sync(lambda sync: inspect(sync).get_table_names())
            done.append("own step")

        async def work() -> None:
            done.append("job")

        service.on_start.append(own)
        service.job("work", 3600, work)
        assert await service.not_ready() == "the database is not migrated"
        await service.start()
        await eventually(lambda: len(done) == 2)
        assert done == ["own step", "job"]
        assert await service.not_ready() is None

    async def test_without_a_broker_it_serves_and_its_outbox_grows(self, make_service: Callable[..., Service]) -> None:
        service = make_service()
        await service.start()
        async with service.outbox.transaction() as tx:
            tx.send(order())
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            statuses = {path: (await client.get(path)).status_code for path in ("/healthz", "/readyz", "/metrics")}
            consumer = await client.get("/readyz/consumer")
        assert statuses == {"/healthz": 200, "/readyz": 200, "/metrics": 200}
        assert (consumer.status_code, consumer.json()["reason"]) == (503, "the broker is not connected")
        async with service.db.read() as conn:
            assert len((await conn.execute(select(outbox_table.c.key))).all()) == 1

    async def test_a_reason_not_to_be_ready(self, make_service: Callable[..., Service]) -> None:
        service = make_service()

        async def not_yet() -> str:
            return "no shop yet"

        service.readiness.append(not_yet)
        await service.start()
        assert await service.not_ready() == "no shop yet"

    async def test_a_database_that_is_away_is_a_reason(self) -> None:
        settings = Settings.model_validate({"database_url": "postgresql://127.0.0.1:1/none"})
        reason = await Service(NAME, settings, publishes=()).not_ready()
        assert reason is not None
        assert reason.startswith("the database does not answer: ")

    @pytest.mark.parametrize("roles", [ROLES, {"consumer"}, {"worker"}, {"api"}])
    async def test_a_process_does_what_its_roles_say(
        self, make_service: Callable[..., Service], broker_url: str, roles: set[str]
    ) -> None:
        service, heard, worked = make_service(broker_url), asyncio.Event(), asyncio.Event()

        async def hear(_tx: object, _orders: object) -> None:
            heard.set()

        async def work() -> None:
            worked.set()

        service.hear(Order, hear)
        service.job("work", 3600, work)
        await service.start(roles)
        await connected(service.bus)
        async with service.outbox.transaction() as tx:
            tx.send(order())
        if "consumer" in roles:
            await asyncio.wait_for(heard.wait(), 10)
        else:
            await eventually(lambda: depth_is(service.bus, f"{NAME}.{Order.name}", 1))
        if "worker" in roles:
            await asyncio.wait_for(worked.wait(), 10)
        assert (heard.is_set(), worked.is_set()) == ("consumer" in roles, "worker" in roles)
        assert service.bus.hints.wanted == ("api" in roles)


class TestSharedMachinery:
    async def test_a_key_works_once_its_shop_is_heard(
        self, make_service: Callable[..., Service], broker_url: str
    ) -> None:
        service, other = make_service(broker_url), make_service(broker_url)
        service.hear_of_shops()
        await service.start()
        await connected(service.bus)
        await other.outbox.start()
        async with service.outbox.transaction() as tx:
            tx.send(shop("main", ShopKey(id="k", sha256=hash_key("ck_new"), scopes=("admin",))))

        async def accepted() -> bool:
            return bool(service.keyring._keys) or (await look()).status_code == 200

        async def look() -> httpx.Response:
            headers = {"Authorization": "Bearer ck_new"}
            transport = httpx.ASGITransport(service.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
                return await client.get(f"/api/v1/{NAME}/operations/dead")

        await eventually(accepted)
        assert (await look()).json() == {"items": [], "next": None, "total": 0}

    async def test_dead_letters_are_parked_under_their_own_shop(
        self, make_service: Callable[..., Service], broker_url: str
    ) -> None:
        service = make_service(broker_url)

        async def hear(_tx: object, _orders: object) -> None: ...

        service.hear(Order, hear)
        await service.start({"worker"})
        await connected(service.bus)
        lost = order(3, shop="second")
        for body in (lost.encode(), b"nonsense"):
            await dead_letter(service.bus, f"{NAME}.{Order.name}.dead", body)
        await park_dead_letters(service)
        async with service.db.read() as conn:
            found = {(row.shop, row.version) for row in await conn.execute(select(parked))}
        assert found == {("second", 3), ("-", 0)}
        assert await service.bus.depth(f"{NAME}.{Order.name}.dead") == 0

    async def test_the_first_digest_covers_two_days(
        self, make_service: Callable[..., Service], broker_url: str
    ) -> None:
        service, reader = make_service(broker_url), make_service(broker_url)
        pages: list[Digest] = []

        class Reading:
            async def submit(self, body: bytes) -> None:
                pages.append(Digest.decode(body))

            async def stop(self) -> None: ...

        await service.prepare()
        async with service.outbox.transaction() as tx:
            tx.answer(account("o1"))
        reader.hear_with(Digest.name, Reading())
        await reader.start()
        await connected(reader.bus)
        await service.start()
        await eventually(lambda: pages, seconds=20)
        assert [item.id for item in pages[0].items] == ["o1"]


class TestStopping:
    async def test_in_time_whatever_hangs(
        self, database_address: str, broker_url: str, through_proxy: MakeProxy
    ) -> None:
        url, proxy = await through_proxy(broker_url)
        chosen = {"database_url": database_address, "amqp_url": url, "shutdown_seconds": 1.0}
        service = Service(NAME, Settings.model_validate(chosen), publishes=(Reservation,))
        inside = asyncio.Event()

        async def stuck(*_: object) -> None:
            inside.set()
            await asyncio.Event().wait()

        service.hear(Order, stuck)
        service.job("stuck", 1, stuck)
        service.on_stop.append(stuck)
        await service.start()
        await connected(service.bus)
        async with service.outbox.transaction() as tx:
            tx.send(order())
        await asyncio.wait_for(inside.wait(), 10)
        proxy.blackhole()
        async with asyncio.timeout(20):  # its six steps have 3.5 s in all; the rest is for a busy machine
            await service.stop()
        proxy.heal()

    async def test_what_was_committed_goes_out(self, make_service: Callable[..., Service], broker_url: str) -> None:
        service = make_service(broker_url)

        async def hear(_tx: object, _orders: object) -> None: ...

        service.hear(Order, hear)
        await service.start({"api"})
        await connected(service.bus)
        async with service.outbox.transaction() as tx:
            tx.send(order())
        await service.stop()
        async with service.db.read() as conn:
            assert (await conn.execute(select(outbox_table.c.key))).all() == []


async def depth_is(bus: Bus, queue: str, depth: int) -> bool:
    return await bus.depth(queue) == depth


async def dead_letter(bus: Bus, queue: str, body: bytes) -> None:
    channel = bus._channel
    assert channel is not None
    await channel.default_exchange.publish(aio_pika.Message(body), queue)
