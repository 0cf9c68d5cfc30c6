"""What the processes are like when little happens: how soon they serve, what memory they keep, what idling costs."""

import asyncio
import time
from pathlib import Path

from tests.bench.changes import place
from tests.bench.installation import KEY, Installation, Process

REST_SECONDS = 5.0
START_RUNS = 3


async def accepted_per_second(house: Installation, skus: list[str], count: int) -> dict[str, float]:
    """Two-line orders posted by 16 clients while everything else keeps up: a second, and CPU ms of orders for each."""
    process = house.processes["orders"]
    cpu, since = process.cpu_seconds, time.perf_counter()
    await place(house, skus, count)
    wall = time.perf_counter() - since
    cost = 1000 * (process.cpu_seconds - cpu) / count
    await house.settled()
    return {"orders_accepted_per_second": count / wall, "orders_accepted_cpu_ms": cost}


def memory(house: Installation) -> dict[str, float]:
    """Resident MB by process."""
    return {name: process.rss_mb for name, process in sorted(house.processes.items())}


async def embedded(folder: Path) -> dict[str, float]:
    """`comptoir run`: its first start with migrations and seed, later starts, memory and CPU at rest."""
    environment = {"COMPTOIR_VAR": str(folder / "var"), "COMPTOIR_API_KEY": KEY}
    starts: list[float] = []
    figures: dict[str, float] = {}
    for number in range(1 + START_RUNS):
        process = Process("embedded", ["run"], environment, folder / "embedded.log")
        try:
            starts.append(await process.ready("/readyz"))
            if number == START_RUNS:
                await asyncio.sleep(REST_SECONDS)
                cpu = process.cpu_seconds
                await asyncio.sleep(REST_SECONDS)
                figures["embedded_idle_cpu_percent"] = 100 * (process.cpu_seconds - cpu) / REST_SECONDS
                figures["embedded_idle_mb"] = process.rss_mb
        finally:
            await asyncio.to_thread(process.stop)
    figures["embedded_first_start_seconds"] = starts[0]
    figures["embedded_start_seconds"] = sorted(starts[1:])[START_RUNS // 2]
    return figures
