"""`make bench-large`: the list of orders, its filters and its search on a million orders in PostgreSQL.

Through the service's whole API in this process: what a caller waits for but the network. `ORDERS=` changes how many.
Writes var/bench-large.json and docs/benchmarks-large.md; neighbours: `large_data` fills, `large_cases` asks.
"""

import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import orjson

from deploy.local.postgres import Postgres
from services.orders.settings import Settings
from services.orders.wiring import build
from shared.database import Database
from shared.database.migrations import upgrade
from shared.web.paging import encode_key
from tests.bench.installation import ROOT
from tests.bench.large_cases import CASES, Sample
from tests.bench.large_data import fill
from tests.bench.report import machine
from tests.orders.driver import Clock, Driver

ORDERS = int(os.environ.get("ORDERS", "1000000"))
RUNS = int(os.environ.get("RUNS", "20"))
SAMPLES = 400
JSON = ROOT / "var" / "bench-large.json"
PAGE = ROOT / "docs" / "benchmarks-large.md"
MEDIAN_MS, P95_MS = 50.0, 200.0
SHOP = "cave"


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="comptoir-large-") as name:
        os.chmod(name, 0o755)  # noqa: S103 - PostgreSQL runs as another user
        postgres = Postgres(Path(name) / "postgres")
        await asyncio.to_thread(postgres.start)
        try:
            await measure(postgres)
        finally:
            await asyncio.to_thread(postgres.stop)


async def measure(postgres: Postgres) -> None:
    """Fill, ask, write both reports."""
    url = await postgres.create_database("orders")
    plain = postgres.url("orders", driver="postgresql")
    database = Database(url)
    await upgrade(database, "orders")
    await database.close()
    since = time.perf_counter()
    await fill(plain, SHOP, ORDERS)
    filled = time.perf_counter() - since
    print(f"{ORDERS} orders in {filled:.0f} s", flush=True)
    clock = Clock()
    driver = Driver(build(Settings(database_url=url), clock), clock)
    try:
        await driver.open_shop(SHOP, "a-secret-of-the-administrator")
        found = await ask(driver)
        counts = {name: await timed(driver, "orders/counts", query) for name, query in COUNTS.items()}
    finally:
        await driver.close()
    conn = await asyncpg.connect(plain)
    version = await conn.fetchval("SHOW server_version")
    await conn.close()
    write(
        found, counts, [*machine(version, "not used")[:1], f"PostgreSQL {version}, fsync on, default settings"], filled
    )
    print(PAGE.read_text())


COUNTS: dict[str, dict[str, Any]] = {"all orders": {}, "one status": {"status": "processing"}, "a name": {"q": "lasta"}}


async def ask(driver: Driver) -> dict[str, list[float]]:
    """Milliseconds of every case, each run with another value."""
    dice = Random(7)
    sample = Sample(await some_orders(driver, dice))
    found: dict[str, list[float]] = {}
    for name, case in CASES.items():
        found[name] = [await timed(driver, "orders", place(case(dice, sample))) for _ in range(RUNS)]
        print(f"{name:32} {statistics.median(found[name]):7.1f} {late(found[name]):7.1f}", flush=True)
    return found


async def some_orders(driver: Driver, dice: Random) -> list[Any]:
    """Orders from anywhere in the list."""
    pages = []
    for _ in range(SAMPLES // 50):
        day = f"{dice.randrange(2024, 2026)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 28):02}"
        pages += (await driver.get("orders", placed_to=day, limit=50))["items"]
    return pages


def place(query: dict[str, Any]) -> dict[str, Any]:
    """The key of the page behind an order, where the case asks for that."""
    order = query.pop("behind", None)
    if order is None:
        return query
    name = query["sort"].removeprefix("-")
    value = order["placed_at"] if name == "placed_at" else round(float(order["totals"]["gross"]) * 100)
    return {**query, "after": encode_key([name, value, order["id"]])}


async def timed(driver: Driver, path: str, query: dict[str, Any]) -> float:
    since = time.perf_counter()
    await driver.get(path, **query)
    return 1000 * (time.perf_counter() - since)


def late(found: list[float]) -> float:
    """The 95th percentile."""
    return sorted(found)[min(len(found) - 1, round(0.95 * len(found)))]


def write(found: dict[str, list[float]], counts: dict[str, float], machine_lines: list[str], filled: float) -> None:
    """Raw samples for machines, the table for people."""
    JSON.parent.mkdir(exist_ok=True)
    every = [value for values in found.values() for value in values]
    content = {"orders": ORDERS, "fill_seconds": filled, "cases_ms": found, "counts_ms": counts}
    JSON.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    slow = [n for n, values in found.items() if statistics.median(values) > MEDIAN_MS or late(values) > P95_MS]
    lines = [
        "# The list of orders on a million orders",
        "",
        f"`make bench-large` wrote this page: {ORDERS:,} orders with two lines each, made in {filled:.0f} s, and",
        f"{RUNS} requests a case with different values, one after the other, answered by the whole API (50 orders with",
        "their lines, parcels, stock, and the total) but for the network. Raw samples are in `var/bench-large.json`.",
        "",
        *(f"- {line}" for line in machine_lines),
        "",
        f"Over all cases: median {statistics.median(every):.1f} ms, p95 {late(every):.1f} ms.",
        f"The limits for each case are {MEDIAN_MS:.0f} ms and {P95_MS:.0f} ms;",
        f"beyond them: {', '.join(slow) or 'none'}.",
        "",
        "| asked for | median ms | p95 ms |",
        "|---|---|---|",
        *(f"| {name} | {statistics.median(values):.1f} | {late(values):.1f} |" for name, values in found.items()),
        "",
        "Counts per status and totals per currency (`/api/v1/orders/counts`) are exact: they look at every order.",
        "",
        "| counted | ms |",
        "|---|---|",
        *(f"| {name} | {value:.0f} |" for name, value in counts.items()),
    ]
    PAGE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
