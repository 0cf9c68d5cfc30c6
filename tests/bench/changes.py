"""What an order change costs: CPU of all our processes from its commit in orders until it is settled.

Thousands of two-line orders are moved from received to processing while nobody hears of it; then they are let out
all at once, so that every queue is full until the end. The floor is measured between our own runs, on the same
servers.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.web.routes import SERVICES
from tests.bench.client import Connection, accepted
from tests.bench.installation import ROOT, Installation
from tests.flow.suite import order_body

SKUS = 40
STOCK = 10_000_000
OLD_ENOUGH = 5.5
"""Seconds after which the sweep of the outbox takes a row for left behind."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement over `changes` order changes."""

    changes: int
    cpu_ms: float
    wall_seconds: float


async def stock_up(house: Installation) -> list[str]:
    """Products in plenty; their SKUs."""
    skus = [f"BENCH-{number:03d}" for number in range(SKUS)]
    for sku in skus:
        await house.inventory.ask("PUT", f"/api/v1/inventory/products/{sku}", {"name": f"Article {sku}"})
        movement = {"sku": sku, "quantity": STOCK, "reason": "receipt"}
        await house.inventory.ask("POST", "/api/v1/inventory/movements", movement)
    return skus


async def place(house: Installation, skus: list[str], count: int, **changes: Any) -> list[str]:
    """Place two-line orders, each of a client of its own; their codes."""

    async def one(connection: Connection, number: int) -> str:
        first, second = islice(cycle(skus), number % SKUS, number % SKUS + 2)
        customer = {"name": "Zoé Martin", "email": f"zoe.{number}@example.org"}
        body = order_body((first, 1), (second, 2), **{"actions": {"mail": False}, "customer": customer} | changes)
        if "channel" in changes:
            body["external_id"] = f"{changes['channel']}-{number}-{time.monotonic_ns()}"
            for position, line in enumerate(body["lines"], 1):
                line["external_id"] = f"{body['external_id']}-{position}"
        return str(accepted(await connection.ask("POST", "/api/v1/orders", body))["code"])

    return await house.orders.each(range(count), one)


async def move(house: Installation, codes: list[str], status: str, **command: Any) -> None:
    """Change the status of these orders, without a word to anybody unless `command` asks for it."""
    body = {"status": status, "actions": {"mail": False, "invoice": False}, **command}

    async def one(connection: Connection, code: str) -> None:
        accepted(await connection.ask("POST", f"/api/v1/orders/{code}/status", body))

    await house.orders.each(codes, one)


async def measure(house: Installation, codes: list[str], status: str, **command: Any) -> Sample:
    """Move these orders and let them out at once."""
    await house.hold()
    await move(house, codes, status, **command)
    await asyncio.sleep(OLD_ENOUGH)
    cpu, wall = house.cpu_seconds, time.perf_counter()
    house.release()
    await house.settled()
    wall = time.perf_counter() - wall
    return Sample(len(codes), 1000 * (house.cpu_seconds - cpu) / len(codes), wall)


async def measure_floor(postgres: Postgres, rabbitmq: RabbitMQ, changes: int, prefix: str) -> Sample:
    """The same on raw clients, in a process of its own (it warms itself up)."""
    for service in SERVICES:
        await postgres.create_database(prefix + service)
    url = postgres.url(prefix + "{service}", driver="postgresql")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "tests/bench/floor.py"), rabbitmq.url, url, str(changes),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 300)
    if process.returncode:
        raise RuntimeError(f"the floor ended with {process.returncode}")
    found = json.loads(output)
    return Sample(found["changes"], found["cpu_ms"], found.get("wall_seconds", 0.0))
