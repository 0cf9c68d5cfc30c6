"""`make bench`: what an order change costs beside its floor, measured in turn on the same servers.

Writes the raw samples to `var/bench.json` and prints the medians; ratios are what holds on a noisy machine.
"""

import asyncio
import os
import statistics
import tempfile
from pathlib import Path

import orjson

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.bench.changes import Sample, measure, measure_floor, place, stock_up
from tests.bench.installation import ROOT, Installation

WARM_UP = 500
CHANGES = 2000
ROUNDS = 2


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="comptoir-bench-") as name:
        os.chmod(name, 0o755)  # noqa: S103 - PostgreSQL runs as another user
        folder = Path(name)
        postgres, rabbitmq = Postgres(folder / "postgres"), RabbitMQ(folder / "rabbitmq")
        await asyncio.to_thread(postgres.start)
        await asyncio.to_thread(rabbitmq.start)
        try:
            ours, floor = await order_changes(postgres, rabbitmq, folder)
        finally:
            await asyncio.to_thread(rabbitmq.close)
            await asyncio.to_thread(postgres.stop)
    report(ours, floor)


async def order_changes(postgres: Postgres, rabbitmq: RabbitMQ, folder: Path) -> tuple[list[Sample], list[Sample]]:
    """Ours and the floor in turn, after a warm-up of ours (the floor warms itself up)."""
    house = Installation(postgres, rabbitmq, folder, "bench_")
    ours: list[Sample] = []
    floor: list[Sample] = []
    try:
        await house.start()
        skus = await stock_up(house)
        warm = await place(house, skus, WARM_UP)
        await house.settled()
        await measure(house, warm, "processing")
        for number in range(ROUNDS):
            codes = await place(house, skus, CHANGES)
            await house.settled()
            ours.append(await measure(house, codes, "processing"))
            floor.append(await measure_floor(postgres, rabbitmq, CHANGES, f"floor{number}_"))
    finally:
        await house.stop()
    return ours, floor


def report(ours: list[Sample], floor: list[Sample]) -> None:
    """Keep the samples, print the medians."""
    cost = statistics.median(sample.cpu_ms for sample in ours)
    least = statistics.median(sample.cpu_ms for sample in floor)
    figures = {
        "order_change_cpu_ms": cost,
        "order_change_floor_cpu_ms": least,
        "order_change_samples": [sample.cpu_ms for sample in ours],
        "order_change_floor_samples": [sample.cpu_ms for sample in floor],
        "order_changes_per_sample": CHANGES,
    }
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    print(f"order change: {cost:.2f} ms CPU, floor {least:.2f} ms, ratio {cost / least:.2f} (samples in {target})")


if __name__ == "__main__":
    asyncio.run(main())
