"""The suite in both modes, started once a process: the stories are the same on both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from services.__main__ import embedded, together
from shared.settings import Settings
from tests.eventually import eventually
from tests.flow.suite import Suite
from tests.servers.vhosts import VirtualHosts

KEY = "ck_flow-stories-key"
SERVICES = ("orders", "inventory", "billing", "notifications")


@pytest.fixture(scope="session")
async def embedded_suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """One process, SQLite files, the embedded broker."""
    var: Path = tmp_path_factory.mktemp("embedded")
    async with embedded(Settings(var=var, sqlite_synchronous="OFF"), KEY, "127.0.0.1", 0) as server:
        suite = await _ready(f"http://127.0.0.1:{server.port}")
        yield suite
        await suite.close()


@pytest.fixture(scope="session")
async def real_suite(postgres: Postgres, rabbitmq_vhosts: VirtualHosts) -> AsyncIterator[Suite]:
    """PostgreSQL and RabbitMQ."""
    urls = [await postgres.create_database(f"flow_{service}") for service in SERVICES]
    database_url = urls[0].replace("flow_orders", "flow_{service}")
    with rabbitmq_vhosts.fresh() as amqp_url:
        overrides = {"docs": True, "sandbox": True, "seed": True, "api_key": KEY}
        async with together("127.0.0.1", 0, amqp_url=amqp_url, database_url=database_url, **overrides) as server:
            suite = await _ready(f"http://127.0.0.1:{server.port}")
            yield suite
            await suite.close()


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real)])
def suite(request: pytest.FixtureRequest) -> Suite:
    """Each story runs on both."""
    found: Suite = request.getfixturevalue(f"{request.param}_suite")
    return found


async def _ready(url: str) -> Suite:
    suite = Suite(url, KEY)

    async def look() -> bool:
        return (await suite.client.get("/readyz")).status_code == 200

    await eventually(look, seconds=60.0)
    return suite
