"""`make bench`, its second part: 10,000 webhooks due at once, of sellers of very different size.

The clock is virtual, a tick a second, the calls are real HTTP on loopback. What holds on every machine: no lane is ever
faster than its limit, none waits for another, memory does not grow with what waits. `ORDERS=` changes how many.
Writes var/bench-deliveries.json and docs/benchmarks-deliveries.md.
"""

import asyncio
import os
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import psutil
from cryptography.fernet import Fernet
from pydantic import SecretStr

from deploy.local.postgres import Postgres
from services.notifications.domain.lanes import BY_CHANNEL
from services.notifications.settings import Settings
from services.notifications.wiring import build
from shared.contracts import ShopKey
from shared.database import Database
from shared.database.migrations import upgrade
from shared.security import hash_key
from tests.bench.installation import ROOT
from tests.notifications.driver import Clock, Driver, entry, order, shop
from tests.notifications.receiving import WEBHOOKS, Receiver, receiving

ORDERS = int(os.environ.get("ORDERS", "10000"))
SELLERS = {"large": 0.9, "middle": 0.08, "small": 0.02}
"""Their parts of the orders."""
JSON = ROOT / "var" / "bench-deliveries.json"
PAGE = ROOT / "docs" / "benchmarks-deliveries.md"
RATE = BY_CHANNEL["webhook"]
TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Lane:
    """What a seller's lane did: calls, the most in a second after the burst, seconds until all had left."""

    calls: int
    fastest: int
    seconds: int

    @property
    def least(self) -> float:
        """Seconds that its limit asks for."""
        return max(0.0, (self.calls - RATE.burst) / RATE.per_second)


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="comptoir-bench-") as name:
        os.chmod(name, 0o755)  # noqa: S103 - PostgreSQL runs as another user
        postgres = Postgres(Path(name) / "postgres")
        await asyncio.to_thread(postgres.start)
        try:
            async with receiving() as receiver:
                lanes, memory, twice = await measure(await postgres.create_database("deliveries"), receiver)
        finally:
            await asyncio.to_thread(postgres.stop)
    write(lanes, memory, twice)
    print(PAGE.read_text())


async def measure(url: str, receiver: Receiver) -> tuple[dict[str, Lane], tuple[float, float], int]:
    """The lanes, memory in MB when all was due and at its peak, and how many orders were told twice."""
    database = Database(url)
    await upgrade(database, "notifications")
    await database.close()
    clock = Clock()
    sealing_keys = SecretStr(Fernet.generate_key().decode())
    settings = Settings(database_url=url, sandbox=True, pool_size=10, sealing_keys=sealing_keys)
    house = Driver(build(settings, clock), clock)
    try:
        await fall_due(house, receiver)
        process = psutil.Process()
        start = peak = process.memory_info().rss / 2**20
        ticks: list[Counter[str]] = []
        told: Counter[str] = Counter()
        while told.total() < ORDERS:
            await house.deliver()
            ticks.append(Counter(got.path.strip("/") for got in receiver.got))
            told.update(got.headers["webhook-id"] for got in receiver.got)
            receiver.got.clear()
            peak = max(peak, process.memory_info().rss / 2**20)
            clock.forward(seconds=1)
        lanes = {name: lane_of(name, ticks) for name in SELLERS}
        return lanes, (start, peak), sum(count > 1 for count in told.values())
    finally:
        await house.close()


async def fall_due(house: Driver, receiver: Receiver) -> None:
    """Have every seller's orders ask for their webhooks, all at one moment."""
    number = 0
    for name, part in SELLERS.items():
        key = ShopKey(id=name, sha256=hash_key(name), scopes=("admin",))
        await house.hear(shop(name, keys=(key,)))
        answer = await house.http.post(
            WEBHOOKS, json={"url": f"{receiver.url}/{name}"}, headers={"Authorization": f"Bearer {name}"}
        )
        assert answer.status_code == 201, answer.text
        for _ in range(round(ORDERS * part / TOGETHER)):
            numbers = range(number, number + TOGETHER)
            await asyncio.gather(*(house.hear(order(one, 1, entry(one), shop=name)) for one in numbers))
            number += TOGETHER


def lane_of(name: str, ticks: list[Counter[str]]) -> Lane:
    counts = [tick[name] for tick in ticks]
    last = max(place for place, count in enumerate(counts) if count)
    return Lane(sum(counts), max(counts[1:], default=0), last)


def write(lanes: dict[str, Lane], memory: tuple[float, float], twice: int) -> None:
    """For machines, and for people."""
    JSON.parent.mkdir(exist_ok=True)
    figures = {"lanes": {name: asdict(lane) for name, lane in lanes.items()}, "memory_mb": memory, "twice": twice}
    JSON.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    start, peak = memory
    lines = [
        "# Many deliveries at once",
        "",
        f"`make bench` wrote this page: {ORDERS} webhooks of three sellers, all due at the same moment, on PostgreSQL,",
        f"over real HTTP on loopback, in virtual time. A lane's limit is {RATE.per_second:g} calls a second after a",
        f"burst of {RATE.burst}.",
        "",
        "| seller | calls | most in a second | limit | done after s | the limit allows s |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {lane.calls} | {lane.fastest} | {RATE.per_second:g} | {lane.seconds} | {lane.least:.0f} |"
            for name, lane in lanes.items()
        ),
        "",
        f"Orders told twice: {twice}. Memory of the process, the receiver included, was at its peak {peak / start:.2f}",
        "times what it was when all was due. A small seller is done when its own limit lets it, whatever waits beside.",
    ]
    PAGE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
