"""What the tests of the shared core stand on: both databases and both brokers, the real ones, each test its own.

A test that asks for `db` runs on SQLite and on PostgreSQL; one that asks for `broker_url` on the embedded broker and on
RabbitMQ. Nothing here stands in for our own code.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import shared.broker
from shared.batch import Consumer
from shared.broker import Bus
from shared.broker.embedded import EmbeddedBroker
from shared.contracts import Order
from shared.database import Database
from shared.outbox import Outbox, Transaction
from tests.eventually import eventually
from tests.recording import logging_as_deployed
from tests.servers.fault_proxy import FaultProxy
from tests.shared.hearing import hearing
from tests.shared.model import create_tables

REAL = pytest.mark.real
MakeBus = Callable[..., Bus]
MakeProxy = Callable[[str], Awaitable[tuple[str, FaultProxy]]]


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **period: float) -> None:
        self.now += timedelta(**period)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=REAL)])
async def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'service.db'}"
    make = request.getfixturevalue("fresh_database")
    return str(await make("shared"))


@pytest.fixture
async def db(database_address: str) -> AsyncIterator[Database]:
    """A database with the tables of `tests.shared.model`."""
    database = Database(database_address, synchronous="OFF")
    await create_tables(database)
    yield database
    await database.close()


@pytest.fixture
async def postgres_db(fresh_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[Database]:
    """The same on PostgreSQL alone, for what only a server can suffer."""
    database = Database(await fresh_database("shared"))
    await create_tables(database)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_db(tmp_path: Path) -> AsyncIterator[Database]:
    """The same on SQLite alone."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.db'}", synchronous="OFF")
    await create_tables(database)
    yield database
    await database.close()


@pytest.fixture
async def embedded_broker() -> AsyncIterator[EmbeddedBroker]:
    broker = EmbeddedBroker()
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=REAL)])
def broker_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty broker of each kind."""
    if request.param == "rabbitmq":
        return str(request.getfixturevalue("rabbitmq_url"))
    broker: EmbeddedBroker = request.getfixturevalue("embedded_broker")
    return broker.url


@pytest.fixture
async def make_bus() -> AsyncIterator[MakeBus]:
    """Makes buses that are stopped at the end."""
    async with AsyncExitStack() as stack:

        def make(url: str, service: str = "billing", prefetch: int = 200) -> Bus:
            bus = Bus(url, service=service, prefetch=prefetch)
            stack.push_async_callback(bus.stop)
            return bus

        yield make


@pytest.fixture
async def through_proxy(fault_proxy: Callable[[str, int], Awaitable[FaultProxy]]) -> MakeProxy:
    """`await through_proxy(url)` is the address of a proxy before that broker, and the proxy."""

    async def make(url: str) -> tuple[str, FaultProxy]:
        host, port = url.rpartition("@")[2].partition("/")[0].split(":")
        proxy = await fault_proxy(host, int(port))
        return url.replace(f"{host}:{port}", f"{proxy.host}:{proxy.port}"), proxy

    return make


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bounds, shorter, so that a test of a fault does not take as long as the fault."""
    monkeypatch.setattr(shared.broker, "AMQP_SECONDS", 0.5)
    monkeypatch.setattr(shared.broker, "CHECK_SECONDS", 0.1)


def bus_without_broker() -> Bus:
    """Never started: nothing is connected, nothing goes out."""
    return Bus("amqp://127.0.0.1:1/", service="billing")


async def connected(bus: Bus, seconds: float = 20.0) -> None:
    """Return once the bus works in both directions."""
    await eventually(bus.connected.is_set, seconds=seconds)


@pytest.fixture
async def outbox(db: Database, clock: Clock) -> AsyncIterator[Outbox]:
    """An outbox whose bus has no broker: what is said stays in its table."""
    made = Outbox(db, bus_without_broker(), clock=clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """`written()` is what the process has written to its log: our own lines and those of other libraries."""
    with logging_as_deployed("INFO"):
        yield lambda: capsys.readouterr().err


@pytest.fixture
async def consumer(outbox: Outbox) -> AsyncIterator[Consumer[Order, Transaction]]:
    """Hears orders, and cannot apply those that are poison."""
    made = hearing(outbox)
    yield made
    await made.stop()
