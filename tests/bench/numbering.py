"""Invoices numbered and sealed one by one and in batches, on a PostgreSQL with fsync: what a batch gains.

The same orders go through billing's own `converge`, once a transaction each and once fifty a transaction, as the
consumer takes what has arrived. One series, one writer; ratios are what holds. The floor is a counter row in raw SQL.
"""

import time
from dataclasses import dataclass
from typing import Any

import asyncpg

from deploy.local.postgres import Postgres
from services.billing.commands.converge import converge
from services.billing.settings import Settings
from services.billing.wiring import build
from shared.batch import lock_keys
from shared.contracts import Order, Shop
from shared.database.migrations import upgrade
from shared.observability import configure_logging
from shared.runtime import Service
from tests.billing.builders import line, order, shop
from tests.billing.driver import order_id

ONE_BY_ONE = 300
IN_BATCHES = 3000
BATCH = 50
ROW = "x" * 2000


@dataclass(frozen=True, slots=True)
class Numbered:
    """Invoices a second, ours and the floor's (a counter row and one INSERT of 2 kB), one by one and in batches."""

    alone: float
    batched: float
    floor_alone: float
    floor_batched: float


async def measure(postgres: Postgres) -> Numbered:
    """On databases of its own, in this process; warnings alone are logged."""
    configure_logging("warning", "json")
    await postgres.create_database("bench_numbering")
    await postgres.create_database("bench_numbering_floor")
    service = build(Settings(database_url=postgres.url("bench_numbering"), pool_size=2))
    try:
        await upgrade(service.db, "billing")
        await service.hears[Shop.name].submit(shop().encode())
        await _issue(service, range(50), 1)  # warm
        alone = await _issue(service, range(1000, 1000 + ONE_BY_ONE), 1)
        together = await _issue(service, range(10_000, 10_000 + IN_BATCHES), BATCH)
    finally:
        await service.db.close()
    url = postgres.url("bench_numbering_floor", driver="postgresql")
    return Numbered(
        alone, together, await _floor(url, "alone", ONE_BY_ONE, 1), await _floor(url, "batch", IN_BATCHES, BATCH)
    )


async def _issue(service: Service, numbers: range, size: int) -> float:
    orders = [order(line(shipped=1), id_=order_id(number), code=f"B-{number}") for number in numbers]
    since = time.perf_counter()
    for batch in (orders[start : start + size] for start in range(0, len(orders), size)):
        async with service.outbox.transaction(batch=True) as tx:
            await lock_keys(tx, Order.name, [one.id for one in batch])
            if await converge(tx, batch) != len(batch):
                raise RuntimeError("an order was not invoiced")
    return len(orders) / (time.perf_counter() - since)


async def _floor(url: str, name: str, count: int, size: int) -> float:
    connection: Any = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE TABLE counter_{name} (n bigint)")
        await connection.execute(f"CREATE TABLE invoices_{name} (n bigint PRIMARY KEY, body text)")
        await connection.execute(f"INSERT INTO counter_{name} VALUES (0)")
        since = time.perf_counter()
        for _ in range(count // size):
            async with connection.transaction():
                last = await connection.fetchval(f"UPDATE counter_{name} SET n = n + $1 RETURNING n", size)
                rows = [(n, ROW) for n in range(last - size + 1, last + 1)]
                await connection.executemany(f"INSERT INTO invoices_{name} VALUES ($1, $2)", rows)
        return count / (time.perf_counter() - since)
    finally:
        await connection.close()
