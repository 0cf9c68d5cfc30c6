"""Random histories through the database: lost, late, doubled and shuffled messages, on two replicas where there may be.

The rules are tried on many more histories in `test_domain`; here it is shown that the statements write what the rules
say. The seed is part of a test's name.
"""

import asyncio
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from services.inventory.settings import Settings
from services.inventory.wiring import build
from shared.contracts import Line, Order
from tests.inventory.driver import Driver, line, order

SKUS = ["wine", "gift", "a/b", "unknown"]
PLACES = ["cellar", "north", "nowhere"]
"""The last one is never opened."""


def some_line(chance: random.Random, id_: int) -> Line:
    waits = sorted({at: chance.randint(1, 4) for at in chance.sample(range(9), chance.randint(0, 2))}.items())
    shipped = chance.randint(0, 3)
    hold, restocked = sum(quantity for _, quantity in waits), chance.randint(0, shipped)
    scrapped = chance.randint(0, restocked)
    named = {place: some_goods(chance, shipped, restocked, scrapped) for place in chance.sample(PLACES, 1)}
    return line(
        chance.choice(SKUS), hold, id=id_, waits=waits, shipped=shipped, restocked=restocked, scrapped=scrapped,
        stocked=chance.random() < 0.9, at=named if chance.random() < 0.5 else None,
    )  # fmt: skip


def some_goods(chance: random.Random, shipped: int, restocked: int, scrapped: int) -> tuple[int, int, int]:
    """Of so many units, those that an order says of one location."""
    return chance.randint(0, shipped), chance.randint(0, restocked), chance.randint(0, scrapped)


def histories(chance: random.Random) -> list[list[Order]]:
    """Per order its versions."""
    return [
        [
            order(number, version, *(some_line(chance, place) for place in range(1, 4) if chance.random() < 0.7))
            for version in range(1, chance.randint(2, 6))
        ]
        for number in range(1, 16)
    ]


def expected(orders: list[list[Order]], receipts: dict[str, int]) -> dict[str, tuple[int, int]]:
    """On hand and demand per SKU, from the receipts and the last versions alone."""
    lines = [found for versions in orders for found in versions[-1].lines if found.stocked]
    return {
        sku: (
            receipts.get(sku, 0)
            - sum(found.shipped - found.restocked + found.scrapped for found in lines if found.sku == sku),
            sum(found.hold for found in lines if found.sku == sku),
        )
        for sku in SKUS
    }


def arrivals(chance: random.Random, orders: list[list[Order]]) -> Iterator[Order]:
    """A third is lost, some come twice, all in any order."""
    messages = [message for versions in orders for message in versions]
    heard = [message for message in messages if chance.random() < 0.7]
    heard += chance.sample(heard, len(heard) // 4)
    chance.shuffle(heard)
    yield from heard


@pytest.mark.parametrize("seed", range(6))
async def test_history_ends_at_the_function_of_the_last_states(inventory: Driver, database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        replicas = [inventory]
        if inventory.service.db.dialect == "postgresql":
            second = build(Settings(database_url=database_url, batch_limit=7), inventory.clock)
            replicas.append(Driver(second, inventory.clock))
            stack.push_async_callback(replicas[1].close)
        receipts: dict[str, int] = {}
        for sku in SKUS[:3]:
            await inventory.make(sku)
        for priority, place in enumerate(PLACES[:2]):
            await inventory.open_location(place, priority)
        orders = histories(chance)
        work = [chance.choice(replicas).hear(message) for message in arrivals(chance, orders)]
        for _ in range(20):
            sku, quantity = chance.choice(SKUS[:3]), chance.choice((-4, 3, 9))
            receipts[sku] = receipts.get(sku, 0) + quantity
            work.append(chance.choice(replicas).book(sku, quantity, "correction"))
        chance.shuffle(work)
        await asyncio.gather(*work)
        await inventory.verify()
        await asyncio.gather(*(chance.choice(replicas).hear(versions[-1]) for versions in orders))
        for replica in replicas:
            await replica.answer_marked()
        await check(inventory, orders, receipts)


async def check(inventory: Driver, orders: list[list[Order]], receipts: dict[str, int]) -> None:
    await inventory.verify()
    rows = {row.sku: row for row in await inventory.rows("products")}
    for sku, (on_hand, demand) in expected(orders, receipts).items():
        if sku in rows:
            found = rows[sku]
            assert (found.on_hand, found.demand) == (on_hand, demand)
            assert found.allocated == min(demand, max(on_hand, 0))
        else:
            assert (on_hand, demand) == (0, 0)
    for versions in orders:
        answer = await inventory.answer(int(versions[-1].code.removeprefix("CO-")))
        assert answer.heard == versions[-1].version
        stocked = [found for found in versions[-1].lines if found.stocked]
        held = {found.id: found.hold for found in stocked}
        assert {found.line: found.hold for found in answer.lines} == held
        assert {found.line: set(found.unknown_locations) for found in answer.lines} == {
            found.id: {at.location for at in found.locations if at.location == "nowhere" and at.shipped + at.restocked}
            for found in stocked
        }
    assert await inventory.rows("marks") == []
