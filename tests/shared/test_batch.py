"""Hearing: the newest of each thing once, the equal answered again, and as many statements for fifty as for two."""

import asyncio
import random
from collections.abc import Sequence

from sqlalchemy import event, select

from shared.batch import Consumer, guards
from shared.contracts import Order
from shared.database import Database, new_id
from shared.outbox import Outbox, Transaction
from shared.outbox.tables import outbox as outbox_table
from tests.shared.conftest import Clock
from tests.shared.hearing import hear, hearing, times_applied
from tests.shared.model import applied_versions, order
from tests.statements import statements


class TestVersions:
    async def test_the_newest_of_a_batch_is_applied_once(
        self, db: Database, consumer: Consumer[Order, Transaction]
    ) -> None:
        await hear(consumer, *(order(version, id="o1") for version in (2, 4, 1, 4, 3)))
        assert await applied_versions(db) == {"o1": 4}
        assert await times_applied(db, "o1") == 1

    async def test_an_older_message_changes_nothing(self, db: Database, consumer: Consumer[Order, Transaction]) -> None:
        await hear(consumer, order(4, id="o1", gross=400))
        await hear(consumer, order(3, id="o1", gross=300))
        assert await applied_versions(db) == {"o1": 4}
        assert await times_applied(db, "o1") == 1

    async def test_an_equal_message_is_answered_again_without_work(
        self, db: Database, outbox: Outbox, consumer: Consumer[Order, Transaction]
    ) -> None:
        await hear(consumer, order(4, id="o1"))
        async with outbox.transaction() as tx:
            await tx.execute(outbox_table.delete())
        await hear(consumer, order(4, id="o1"), order(1, id="o2"))
        assert await times_applied(db, "o1") == 1
        async with db.read() as conn:
            said = await conn.execute(select(outbox_table.c.key, outbox_table.c.version).order_by("key"))
            assert [tuple(row) for row in said] == [("o1", 1), ("o2", 1)]

    async def test_converge_sees_keys_in_order_with_their_guards_locked(self, db: Database, outbox: Outbox) -> None:
        seen: list[list[str]] = []

        async def look(tx: Transaction, orders: Sequence[Order]) -> None:
            seen.append([heard.id for heard in orders])
            held = await tx.execute(select(guards.c.key).order_by(guards.c.key))
            assert list(held.scalars()) == seen[-1]

        consumer = Consumer(Order, outbox.transaction, look)
        ids = [new_id() for _ in range(20)]
        await hear(consumer, *(order(1, id=id) for id in random.Random(7).sample(ids, 20)))
        assert sorted(id for batch in seen for id in batch) == ids
        assert all(batch == sorted(batch) for batch in seen)
        await consumer.stop()

    async def test_unknown_fields_are_ignored(self, db: Database, consumer: Consumer[Order, Transaction]) -> None:
        body = order(1, id="o1").encode().replace(b"{", b'{"from_the_future":{"a":1},', 1)
        await hear(consumer, body)
        assert await applied_versions(db) == {"o1": 1}


class TestTransactions:
    async def test_fifty_messages_cost_one_transaction(
        self, db: Database, consumer: Consumer[Order, Transaction]
    ) -> None:
        commits: list[object] = []
        event.listen(db.engine.sync_engine, "commit", commits.append)
        await hear(consumer, *(order(1) for _ in range(120)))
        assert len(await applied_versions(db)) == 120
        assert len(commits) == 3, "50 + 50 + 20, none of them parted"

    async def test_the_number_of_statements_does_not_grow_with_the_batch(self, db: Database, outbox: Outbox) -> None:
        counts = []
        for size in (2, 50):
            consumer = hearing(outbox)
            with statements(db) as seen:
                await hear(consumer, *(order(1) for _ in range(size)))
            counts.append(len(seen))
            await consumer.stop()
        assert counts[0] == counts[1]

    async def test_two_replicas_converge(self, db: Database, outbox: Outbox, clock: Clock) -> None:
        """Opposite orders, every message twice: locks are taken in one order, so nobody deadlocks for long."""
        other = Outbox(db, outbox.dispatcher._bus, clock=clock)
        replicas = [hearing(outbox, limit=7), hearing(other, limit=5)]
        ids = [new_id() for _ in range(15)]
        messages = [order(version, id=id) for version in (1, 2, 3) for id in ids]
        chance = random.Random(3)
        await asyncio.gather(*(hear(replica, *chance.sample(messages, len(messages))) for replica in replicas))
        assert await applied_versions(db) == dict.fromkeys(ids, 3)
        for replica in replicas:
            await replica.stop()
