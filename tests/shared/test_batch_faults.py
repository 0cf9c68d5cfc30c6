"""Hearing while the database is away, and stopping in the middle: nothing is lost, nothing acknowledged too early."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.postgres import Postgres
from shared import batch
from shared.batch import Consumer, guards, lock_keys
from shared.contracts import Order
from shared.database import Database, is_transient, new_id
from shared.outbox import Outbox, Transaction
from tests.eventually import eventually
from tests.shared.conftest import Clock, bus_without_broker
from tests.shared.hearing import aside, hear, hearing
from tests.shared.model import applied_versions, converge, order


class TestTheDatabaseAtFault:
    @pytest.fixture(autouse=True)
    def short_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batch, "PAUSES", (0.05,))

    @pytest.mark.parametrize("end", ["restart", "kill"])
    async def test_nothing_is_lost_or_parked_while_it_is_away(
        self, postgres_db: Database, postgres: Postgres, clock: Clock, end: str
    ) -> None:
        outbox = Outbox(postgres_db, bus_without_broker(), clock=clock)
        consumer = hearing(outbox, limit=5)
        messages = [order(1) for _ in range(40)]
        hearing_all = asyncio.create_task(hear(consumer, *messages))
        await eventually(lambda: applied_versions(postgres_db))
        await asyncio.to_thread(postgres.stop if end == "restart" else postgres.kill)
        broken = asyncio.create_task(hear(consumer, b"broken bytes, parked while there is nowhere to park"))
        try:
            await eventually(lambda: refuses(postgres_db))
            assert not hearing_all.done()
        finally:
            await asyncio.to_thread(postgres.start)
        await asyncio.gather(hearing_all, broken)
        assert len(await applied_versions(postgres_db)) == 40
        assert all(key.startswith("sha256:") for key in await aside(postgres_db))
        await consumer.stop()

    async def test_a_deadlock_is_tried_again(self, postgres_db: Database, clock: Clock) -> None:
        outbox = Outbox(postgres_db, bus_without_broker(), clock=clock)
        ids = sorted(new_id() for _ in range(2))
        async with outbox.transaction() as tx:
            await lock_keys(tx, Order.name, ids)
        both = asyncio.Barrier(2)
        tries = 0

        async def crossed(tx: Transaction, orders: Sequence[Order]) -> None:
            nonlocal tries
            tries += 1
            if tries <= 2:
                await both.wait()
                [other] = set(ids) - {heard.id for heard in orders}
                await lock_keys(tx, Order.name, [other])
            await converge(tx, orders)

        consumers = [Consumer(Order, outbox.transaction, crossed) for _ in ids]
        await asyncio.gather(*(hear(made, order(1, id=id)) for made, id in zip(consumers, ids, strict=True)))
        assert await applied_versions(postgres_db) == dict.fromkeys(ids, 1)
        assert await aside(postgres_db) == {}
        assert tries == 3
        for made in consumers:
            await made.stop()


class TestStopping:
    async def test_the_running_batch_ends_and_the_others_are_not_acknowledged(
        self, db: Database, outbox: Outbox
    ) -> None:
        inside, going = asyncio.Event(), asyncio.Event()

        async def slow(tx: Transaction, orders: Sequence[Order]) -> None:
            inside.set()
            await going.wait()
            await converge(tx, orders)

        consumer = Consumer(Order, outbox.transaction, slow, limit=1)
        first = asyncio.create_task(consumer.submit(order(1, id="first").encode()))
        await inside.wait()
        second = asyncio.create_task(consumer.submit(order(1, id="second").encode()))
        await asyncio.sleep(0)
        stopping = asyncio.create_task(consumer.stop())
        await asyncio.sleep(0)
        going.set()
        await stopping
        outcomes = await asyncio.gather(first, second, return_exceptions=True)
        assert outcomes[0] is None
        assert isinstance(outcomes[1], asyncio.CancelledError)
        assert await applied_versions(db) == {"first": 1}

    async def test_a_batch_that_does_not_end_is_cancelled_and_leaves_nothing(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batch, "STOP_SECONDS", 0.05)
        inside = asyncio.Event()

        async def stuck(tx: Transaction, orders: Sequence[Order]) -> None:
            await converge(tx, orders)
            inside.set()
            await asyncio.Event().wait()

        consumer = Consumer(Order, outbox.transaction, stuck)
        submitted = asyncio.create_task(consumer.submit(order().encode()))
        await inside.wait()
        async with asyncio.timeout(5):
            await consumer.stop()
        [outcome] = await asyncio.gather(submitted, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError)
        assert await applied_versions(db) == {}
        async with asyncio.timeout(5), outbox.transaction() as tx:
            await converge(tx, [order()])

    async def test_after_the_stop_nothing_is_taken(self, db: Database, outbox: Outbox) -> None:
        consumer = hearing(outbox)
        await hear(consumer, order(1, id="o1"))
        await consumer.stop()
        for body in (order(1, id="o2").encode(), b"broken"):
            with pytest.raises(asyncio.CancelledError):
                await consumer.submit(body)
        assert await applied_versions(db) == {"o1": 1}
        assert await aside(db) == {}


async def refuses(db: Database) -> bool:
    try:
        async with db.read() as conn:
            await conn.execute(select(guards.c.key))
    except (SQLAlchemyError, OSError) as error:
        return is_transient(error)
    return False
