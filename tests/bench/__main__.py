"""`make bench`: what an order change costs beside its floor, each effect, contention, delays, memory, typesetting.

Ours and the floor are measured in turn on the same servers; ratios are what holds on a noisy machine. `report` writes
`var/bench.json` and `docs/benchmarks.md`.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from tests.bench import contention, effects, files, numbering, rendering, report, standing
from tests.bench.changes import measure, measure_floor, place, stock_up
from tests.bench.installation import Installation
from tests.bench.report import Figures

WARM_UP = 500
CHANGES = 2000
ROUNDS = 3
DELAYED = 20


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="comptoir-bench-") as name:
        os.chmod(name, 0o755)  # noqa: S103 - PostgreSQL runs as another user
        folder = Path(name)
        postgres, rabbitmq = Postgres(folder / "postgres"), RabbitMQ(folder / "rabbitmq")
        await asyncio.to_thread(postgres.start)
        await asyncio.to_thread(rabbitmq.start)
        try:
            figures = await deployed(postgres, rabbitmq, folder)
        finally:
            await asyncio.to_thread(rabbitmq.close)
            await asyncio.to_thread(postgres.stop)
        figures.standing |= await standing.embedded(folder)
        figures.typesetting = await asyncio.to_thread(rendering.measure)
    report.write_json(figures)
    report.write_page(figures)
    print(report.PAGE.read_text())


async def deployed(postgres: Postgres, rabbitmq: RabbitMQ, folder: Path) -> Figures:
    """Everything that needs the servers."""
    house = Installation(postgres, rabbitmq, folder, "bench_")
    figures = Figures()
    try:
        await house.start()
        skus = await stock_up(house)
        await effects.allow_sms(house)
        warm = await place(house, skus, WARM_UP)
        await house.settled()
        await measure(house, warm, "processing")
        for number in range(ROUNDS):
            await order_changes(house, skus, figures)
            figures.floor.append(await measure_floor(postgres, rabbitmq, CHANGES, f"floor{number}_"))
        figures.effects = await effects.costs(house, skus)
        figures.contended = await contention.measure(house, postgres)
        figures.numbered = await numbering.measure(postgres)
        await house.join()
        figures.delays = await effects.delays(house, skus, DELAYED)
        figures.standing = await standing.accepted_per_second(house, skus, CHANGES)
        figures.memory = standing.memory(house)
        figures.files = await files.measure(house, postgres)
        figures.machine = report.machine(*await house.versions())
    finally:
        await house.stop()
    return figures


async def order_changes(house: Installation, skus: list[str], figures: Figures) -> None:
    """One sample; the floor has warmed itself up, and so shall we."""
    codes = await place(house, skus, CHANGES)
    await house.settled()
    figures.ours.append(await measure(house, codes, "processing"))


if __name__ == "__main__":
    asyncio.run(main())
