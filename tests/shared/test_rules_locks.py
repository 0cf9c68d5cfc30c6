"""Rule 8, one lock order everywhere: with it nobody deadlocks, without it the same work does."""

import asyncio
from collections.abc import Iterable

import pytest
from sqlalchemy import text

from shared.batch import guards, lock_keys
from shared.batch.guards import Guard, _locked
from shared.database import Database, is_transient
from shared.outbox import Outbox, Transaction
from tests.eventually import eventually
from tests.shared.conftest import Clock, bus_without_broker

KEYS = ["a", "b", "c"]


async def in_the_order_of_arrival(tx: Transaction, message: str, keys: Iterable[str]) -> dict[str, Guard]:
    """What locking would be without the rule: one after the other, as the messages came."""
    found: dict[str, Guard] = {}
    for key in keys:
        found |= await _locked(tx.conn, message, [key])
        await asyncio.sleep(0)
    return found


async def deadlocks(db: Database, clock: Clock, lock: object) -> int:
    """Two transactions want the same keys, in opposite orders, again and again: how many were victims."""
    outbox = Outbox(db, bus_without_broker(), clock=clock)
    async with outbox.transaction() as tx:
        await lock_keys(tx, "m", KEYS)

    async def work(keys: list[str], start: asyncio.Barrier) -> None:
        async with outbox.transaction(batch=True) as tx:
            await start.wait()
            await lock(tx, "m", keys)  # type: ignore[operator]

    victims = 0
    for _ in range(10):
        start = asyncio.Barrier(2)
        outcomes = await asyncio.gather(work(KEYS, start), work(KEYS[::-1], start), return_exceptions=True)
        errors = [outcome for outcome in outcomes if outcome is not None]
        assert all(isinstance(error, Exception) and is_transient(error) for error in errors)
        victims += len(errors)
        if victims:
            break
    return victims


async def test_on_nobody_is_a_victim(postgres_db: Database, clock: Clock) -> None:
    assert await deadlocks(postgres_db, clock, lock_keys) == 0


async def test_off_there_are_deadlocks(postgres_db: Database, clock: Clock) -> None:
    assert await deadlocks(postgres_db, clock, in_the_order_of_arrival) > 0


async def test_keys_made_by_two_at_once_are_made_once(postgres_db: Database, clock: Clock) -> None:
    """Missing guard rows are inserted in key order, too."""
    outbox = Outbox(postgres_db, bus_without_broker(), clock=clock)
    start = asyncio.Barrier(4)

    async def work(keys: list[str]) -> dict[str, Guard]:
        async with outbox.transaction(batch=True) as tx:
            await start.wait()
            return await lock_keys(tx, "m", keys)

    many = [f"k{number:03}" for number in range(100)]
    found = await asyncio.gather(*(work(keys) for keys in (many, many[::-1], many[50:], many[:50])))
    assert [len(held) for held in found] == [100, 100, 50, 50]
    async with postgres_db.read() as conn:
        assert len((await conn.execute(guards.select())).all()) == 100


async def test_who_waits_for_a_new_key_holds_none(postgres_db: Database, clock: Clock) -> None:
    """Else whoever makes it, and wants an old one next, would wait for it in turn."""
    outbox = Outbox(postgres_db, bus_without_broker(), clock=clock)
    async with outbox.transaction() as tx:
        await lock_keys(tx, "m", ["b"])

    async def both() -> dict[str, Guard]:
        async with outbox.transaction(batch=True) as tx:
            return await lock_keys(tx, "m", ["a", "b"])

    async def waits() -> bool:
        async with postgres_db.read() as conn:
            return bool((await conn.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))).scalar())

    async with outbox.transaction() as first:
        await lock_keys(first, "m", ["a"])
        waiting = asyncio.create_task(both())
        await eventually(waits)
        await first.execute(guards.select().where(guards.c.key == "b").with_for_update(nowait=True))
    assert await waiting == {key: Guard(0, parked=False) for key in ("a", "b")}


@pytest.mark.parametrize("keys", [[], ["a"], ["b", "a", "a"]])
async def test_locking_gives_every_key_once(db: Database, outbox: Outbox, keys: list[str]) -> None:
    async with outbox.transaction() as tx:
        assert await lock_keys(tx, "m", keys) == {key: Guard(0, parked=False) for key in keys}
