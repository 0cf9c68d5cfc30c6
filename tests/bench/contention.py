"""Many buyers of the same stock: 64 clients, one SKU or baskets of ten SKUs that half of them name in opposite order.

Two processes of inventory serve them, so that batches meet in the database. Half of what is wanted is there. The floor
is what a shop does on raw SQL: 64 connections of asyncpg, a transaction a basket, one conditional UPDATE a SKU (sorted,
or the database would kill one of two baskets that meet) and one row for the reservation.
"""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

from deploy.local.postgres import Postgres
from tests.bench.changes import OLD_ENOUGH
from tests.bench.client import Clients, Connection, accepted
from tests.bench.installation import KEY, POLL_SECONDS, Installation
from tests.eventually import eventually
from tests.flow.suite import order_body

BUYERS = 64
ORDERS = 1280
BASKET = 10
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Contended:
    """One case: baskets reserved a second by us and by the floor, and deadlocks the database had to break."""

    baskets: int
    seconds: float
    floor_seconds: float
    deadlocks: int


async def measure(house: Installation, postgres: Postgres) -> dict[str, Contended]:
    """Both cases; orders must be held and let out (`Installation.start`)."""
    await house.scale("inventory")
    try:
        return {
            "one SKU": await _case(house, postgres, "hot", 1),
            f"baskets of {BASKET}, in opposite orders": await _case(house, postgres, "basket", BASKET),
        }
    finally:
        await house.unscale("inventory")


def baskets(skus: list[str]) -> list[list[str]]:
    """One a buyer's turn, each other one in the opposite order."""
    return [skus if number % 2 else skus[::-1] for number in range(ORDERS)]


async def _case(house: Installation, postgres: Postgres, name: str, size: int) -> Contended:
    skus = [f"{name.upper()}-{number:02d}" for number in range(size)]
    for sku in skus:
        await house.inventory.ask("PUT", f"/api/v1/inventory/products/{sku}", {"name": f"Article {sku}"})
        movement = {"sku": sku, "quantity": ORDERS // 2, "reason": "receipt"}
        await house.inventory.ask("POST", "/api/v1/inventory/movements", movement)
    before = await _deadlocks(house)
    seconds = await _reserve(house, skus)
    await house.settled()
    await _check(house, skus)
    found = await _deadlocks(house) - before
    return Contended(ORDERS, seconds, await _floor(postgres, f"floor_{name}", skus), found)


async def _reserve(house: Installation, skus: list[str]) -> float:
    """Seconds from the moment that the orders are let out until each is reserved, or waits."""
    buyers = Clients(house.processes["orders api"].url, KEY, BUYERS)

    async def buy(connection: Connection, basket: list[str]) -> None:
        body = order_body(*((sku, 1) for sku in basket), actions={"mail": False})
        accepted(await connection.ask("POST", "/api/v1/orders", body))

    await house.hold()
    await buyers.each(baskets(skus), buy)
    await asyncio.sleep(OLD_ENOUGH)
    since = time.perf_counter()
    house.release()

    async def reserved() -> bool:
        statement = "SELECT count(*) FROM order_lines WHERE sku = ANY($1)"
        return bool((await house.rows("inventory", statement, skus))[0][0] == ORDERS * len(skus))

    await eventually(reserved, seconds=120.0, every=POLL_SECONDS / 2)
    return time.perf_counter() - since


async def _check(house: Installation, skus: list[str]) -> None:
    """Nothing is sold twice, nothing that is there is withheld."""
    statement = "SELECT sku, on_hand, demand, allocated FROM products WHERE sku = ANY($1)"
    for row in await house.rows("inventory", statement, skus):
        if (row["on_hand"], row["demand"], row["allocated"]) != (ORDERS // 2, ORDERS, ORDERS // 2):
            raise RuntimeError(f"stock is wrong: {dict(row)}")


async def _deadlocks(house: Installation) -> int:
    return int((await house.rows("inventory", DEADLOCKS))[0][0])


async def _floor(postgres: Postgres, database: str, skus: list[str]) -> float:
    """Seconds for the same baskets in raw SQL."""
    await postgres.create_database(database)
    async with asyncpg.create_pool(
        postgres.url(database, driver="postgresql"), min_size=BUYERS, max_size=BUYERS
    ) as pool:
        await pool.execute("CREATE TABLE stock (sku text PRIMARY KEY, on_hand bigint, allocated bigint)")
        await pool.execute("CREATE TABLE reservations (id bigserial PRIMARY KEY, skus text[], got bigint)")
        await pool.executemany("INSERT INTO stock VALUES ($1, $2, 0)", [(sku, ORDERS // 2) for sku in skus])
        waiting = [sorted(basket) for basket in baskets(skus)]

        async def buyer() -> None:
            while waiting:
                await _buy(pool, waiting.pop())

        since = time.perf_counter()
        await asyncio.gather(*(buyer() for _ in range(BUYERS)))
        return time.perf_counter() - since


async def _buy(pool: asyncpg.Pool, basket: list[str]) -> None:
    update = "UPDATE stock SET allocated = allocated + 1 WHERE sku = $1 AND allocated < on_hand"
    async with pool.acquire() as connection, connection.transaction():
        got = [await connection.execute(update, sku) for sku in basket]
        await connection.execute("INSERT INTO reservations (skus, got) VALUES ($1, $2)", basket, got.count("UPDATE 1"))
