"""`make bench`, its second part: 10,000 webhooks, mails and Amazon confirmations due at once, of unlike sellers.

The clock is virtual, a tick a second; the calls are real, over SMTP and HTTP on loopback. What holds on every machine:
no lane is ever faster than its limit, none waits for another, memory does not grow with what waits. `ORDERS=` changes
how many. Neighbours: `deliveries_due` (what is due, and who takes it), `deliveries_page` (the figures).
"""

import asyncio
import os
import tempfile
from collections import Counter
from pathlib import Path

import psutil
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import func, select

from deploy.local.postgres import Postgres
from services.notifications.settings import Settings
from services.notifications.tables import attempts
from services.notifications.wiring import build
from shared.database import Database, utcnow
from shared.database.migrations import upgrade
from tests.bench.deliveries_due import (
    SELLERS,
    WARM,
    Counterparts,
    Lane,
    counterparts,
    fall_due,
    open_shop,
    shares,
)
from tests.bench.deliveries_page import PAGE, Figures, Pace, least_seconds, write
from tests.notifications.driver import Clock, Driver

ORDERS = int(os.environ.get("ORDERS", "10000"))
PATIENCE = 60
"""Ticks beyond what the limits ask for, after which something is amiss."""


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="comptoir-bench-") as name:
        os.chmod(name, 0o755)  # noqa: S103 - PostgreSQL runs as another user
        postgres = Postgres(Path(name) / "postgres")
        await asyncio.to_thread(postgres.start)
        try:
            async with counterparts() as receivers:
                figures = await measure(await postgres.create_database("deliveries"), receivers, shares(ORDERS))
        finally:
            await asyncio.to_thread(postgres.stop)
    write(figures)
    print(PAGE.read_text())


async def measure(url: str, receivers: Counterparts, counts: dict[Lane, int]) -> Figures:
    """Let so many calls fall due in each lane, and every lane run dry."""
    database = Database(url)
    await upgrade(database, "notifications")
    await database.close()
    clock = Clock()
    settings = Settings(
        database_url=url,
        pool_size=10,
        smtp=receivers.smtp,
        amazon=receivers.amazon,
        webhook_loopback=True,
        sealing_keys=SecretStr(Fernet.generate_key().decode()),
    )
    house = Driver(build(settings, clock), clock)
    try:
        for seller in (WARM, *SELLERS):
            await open_shop(house, receivers, seller)
        warm = {Lane(channel, WARM): 1 for channel in dict.fromkeys(lane.channel for lane in counts)}
        await fall_due(house, warm, first=1)
        await house.deliver()
        assert len(receivers.take()) == len(warm)
        await fall_due(house, counts, first=1 + len(warm))
        figures = await drain(house, receivers, counts)
        figures.failed = await failed(house)
        return figures
    finally:
        await house.close()


async def drain(house: Driver, receivers: Counterparts, counts: dict[Lane, int]) -> Figures:
    """Tick until everything has been told."""
    process = psutil.Process()
    memory = [process.memory_info().rss / 2**20]
    most = PATIENCE + max(least_seconds(lane.channel, count) for lane, count in counts.items())
    told: Counter[str] = Counter()
    paces = {lane: Pace() for lane in counts}
    while len(told) < sum(counts.values()):
        assert len(memory) <= most, f"{len(told)} of {sum(counts.values())} told after {most:.0f} s"
        since = utcnow()
        await house.deliver()
        lasted = utcnow() - since
        taken = receivers.take()
        told.update(one.id for one in taken if one.accepted)
        for lane, pace in paces.items():
            pace.count([(one.at - since) / lasted for one in taken if one.lane == lane])
        memory.append(process.memory_info().rss / 2**20)
        house.clock.forward(seconds=1)
    return Figures(paces, memory, twice=sum(count > 1 for count in told.values()))


async def failed(house: Driver) -> int:
    """Attempts that came to anything but success."""
    ((count,),) = await house.rows(select(func.count()).where(attempts.c.outcome.is_distinct_from("done")))
    return int(count)


if __name__ == "__main__":
    asyncio.run(main())
