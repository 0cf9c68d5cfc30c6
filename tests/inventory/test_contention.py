"""Many writers on the same stock: nothing is oversold, no deadlock surfaces, everything adds up afterwards.

Two replicas of the service share the PostgreSQL database; a SQLite file belongs to one process, so there is one.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from services.inventory.settings import Settings
from services.inventory.wiring import build
from shared.contracts import Line
from tests.inventory.driver import Driver, line, order

SKUS = [f"sku-{number}" for number in range(8)]


@pytest.fixture
async def replicas(inventory: Driver, database_url: str) -> AsyncIterator[list[Driver]]:
    """The service, and on PostgreSQL a second one on the same database."""
    if inventory.service.db.dialect == "sqlite":
        yield [inventory]
        return
    second = Driver(
        build(Settings(database_url=database_url, pool_size=10, batch_limit=4), inventory.clock), inventory.clock
    )
    yield [inventory, second]
    await second.close()


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """A consumer that meets a deadlock pauses and tries again, so the outcome alone would not tell."""
    with capture_logs() as logged:
        yield
    assert [entry for entry in logged if entry["event"].startswith("batch.")] == []


async def test_64_writers_on_one_sku(replicas: list[Driver]) -> None:
    inventory = replicas[0]
    await inventory.make("wine", 20)
    movements = [replicas[n % len(replicas)].book("wine", 1 if n % 2 else -1, "correction") for n in range(64)]
    orders = [replicas[n % len(replicas)].hear(order(n, 1, line("wine", 1, since=n))) for n in range(1, 51)]
    await asyncio.gather(*movements, *orders)
    for replica in replicas:
        await replica.answer_marked()
    assert await inventory.stock("wine") == (20, 50, 20)
    answers = [await inventory.answer(n) for n in range(1, 51)]
    assert sum(answer.lines[0].allocated for answer in answers) == 20
    await inventory.verify()


def basket(chance: random.Random, version: int, number: int) -> list[Line]:
    """Four of the SKUs in any order; the last version of every third order releases what is left."""
    hold = 0 if version == 3 and number % 3 == 0 else chance.randint(1, 3)
    skus = chance.sample(SKUS, 4)
    return [line(sku, hold, id=place, shipped=version - 1) for place, sku in enumerate(skus, 1)]


async def deliver(replica: Driver, skus: list[str]) -> None:
    """One delivery of some SKUs, booked in one transaction."""
    movements = [{"sku": sku, "quantity": 1, "reason": "receipt"} for sku in skus]
    answer = await replica.http.post("/api/v1/inventory/movements/batch", json={"movements": movements})
    assert answer.status_code == 201, answer.text


async def test_baskets_in_opposite_order(replicas: list[Driver]) -> None:
    """Orders name the SKUs in every order, some unknown yet, while receipts and shipments go on and jobs run."""
    inventory = replicas[0]
    for sku in SKUS[:5]:
        await inventory.make(sku, 30)
    chance = random.Random(7)
    work = [
        replicas[number % len(replicas)].hear(order(number, version, *basket(chance, version, number)))
        for version in (1, 2, 3)
        for number in range(1, 41)
    ]
    work += [deliver(chance.choice(replicas), chance.sample(SKUS[:5], 4)) for _ in range(80)]
    work += [replica.answer_marked() for replica in replicas for _ in range(10)]
    work += map(inventory.make, SKUS[5:])
    chance.shuffle(work)
    await asyncio.gather(*work)
    await asyncio.gather(*(replica.answer_marked() for replica in replicas))
    assert await inventory.rows("marks") == []
    await inventory.verify()
