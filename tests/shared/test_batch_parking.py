"""A message that cannot be applied is set aside alone, whatever is wrong with it, and its neighbours are applied."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from shared.batch import Consumer
from shared.contracts import Account, Order
from shared.database import Database
from shared.outbox import Outbox, Transaction
from shared.outbox.tables import answers
from tests.shared.hearing import POISON, aside, guard, hear, hearing
from tests.shared.model import applied_versions, order


class TestPoison:
    async def test_one_among_fifty_is_parked_and_the_others_applied(
        self, db: Database, consumer: Consumer[Order, Transaction]
    ) -> None:
        good = [order(1) for _ in range(49)]
        await hear(consumer, *good[:20], order(1, id="bad", gross=POISON), *good[20:])
        assert await applied_versions(db) == {message.id: 1 for message in good}
        assert await aside(db) == {"bad": (1, "ValueError: Ada <ada@example.invalid> cannot be applied")}
        assert await guard(db, "bad") == (0, True), "parking raises no guard"

    async def test_the_newest_is_kept(self, db: Database, consumer: Consumer[Order, Transaction]) -> None:
        for version in (2, 3, 1):
            await hear(consumer, order(version, id="bad", gross=POISON))
        assert {key: version for key, (version, _) in (await aside(db)).items()} == {"bad": 3}

    async def test_a_newer_version_replaces_it(self, db: Database, consumer: Consumer[Order, Transaction]) -> None:
        await hear(consumer, order(2, id="bad", gross=POISON))
        await hear(consumer, order(3, id="bad"))
        assert await aside(db) == {}
        assert await guard(db, "bad") == (3, False)

    async def test_an_older_version_that_can_be_applied_does_not_unpark_it(
        self, db: Database, consumer: Consumer[Order, Transaction]
    ) -> None:
        await hear(consumer, order(3, id="bad", gross=POISON))
        await hear(consumer, order(2, id="bad"))
        assert await applied_versions(db) == {"bad": 2}
        assert await guard(db, "bad") == (2, True)
        await hear(consumer, order(3, id="bad"))
        assert await aside(db) == {}

    async def test_a_message_overtaken_while_it_failed_is_not_parked(self, db: Database, outbox: Outbox) -> None:
        other = hearing(outbox)

        async def overtaken(tx: Transaction, orders: Sequence[Order]) -> None:
            raise ValueError("always")

        consumer = Consumer(Order, outbox.transaction, overtaken)
        await hear(other, order(5, id="o1"))
        await hear(consumer, order(5, id="o1"), order(4, id="o1"))
        assert await aside(db) == {}
        for made in (consumer, other):
            await made.stop()

    async def test_the_service_says_that_it_is_blocked(self, db: Database, outbox: Outbox) -> None:
        async def blocked(tx: Transaction, message: Order, reason: str) -> None:
            stored = Account.decode((await tx.answers([message.id]))[message.id])
            tx.answer(stored.model_copy(update={"blocked": reason}))

        consumer = hearing(outbox, blocked=blocked)
        await hear(consumer, order(1, id="o1"))
        await hear(consumer, order(2, id="o1", gross=POISON))
        async with db.read() as conn:
            said = Account.decode((await conn.execute(select(answers.c.body))).scalar_one())
        assert (said.version, said.heard) == (2, 1)
        assert said.blocked is not None
        assert said.blocked.startswith("ValueError: ")
        await consumer.stop()

    async def test_a_broken_answer_does_not_keep_it_from_being_parked(self, db: Database, outbox: Outbox) -> None:
        async def blocked(tx: Transaction, message: Order, reason: str) -> None:
            raise KeyError("a bug")

        consumer = hearing(outbox, blocked=blocked)
        good = order(1)
        await hear(consumer, good, order(1, id="bad", gross=POISON))
        assert list(await aside(db)) == ["bad"]
        assert await applied_versions(db) == {good.id: 1}
        await consumer.stop()

    @pytest.mark.parametrize("key", ["nul \0 in the key", "x" * 1000], ids=["nul", "long"])
    async def test_a_key_that_cannot_be_stored_hurts_no_neighbour(
        self, db: Database, consumer: Consumer[Order, Transaction], key: str
    ) -> None:
        """On PostgreSQL not even its guard row can be written; it is kept as bytes."""
        good = [order(1) for _ in range(5)]
        await hear(consumer, *good[:3], order(1, id=key), *good[3:])
        assert {message.id for message in good} <= (await applied_versions(db)).keys()
        if db.dialect == "postgresql":
            [kept] = await aside(db)
            assert kept.startswith("sha256:")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b"[]",
            b'{"shop":"main"}',
            b"\xff\xfe\x00",
            b'{"shop":"main","version":1,"id":"\\ud800"}',
            order().encode()[:-1],
            order().encode().replace(b'"version":1', b'"version":0'),
            b"[" * 100_000,
            b"5" * 5_000_000,
            b'"' + b"\xe9" * 5_000_000,
        ],
        ids=["empty", "text", "list", "partial", "binary", "surrogate", "cut", "version", "deep", "5 MB", "latin-1"],
    )
    async def test_broken_bytes_are_parked_under_their_hash(
        self, db: Database, consumer: Consumer[Order, Transaction], body: bytes
    ) -> None:
        good = order(1)
        await hear(consumer, body, good, body)
        assert await applied_versions(db) == {good.id: 1}
        [(key, (version, reason))] = (await aside(db)).items()
        assert key.startswith("sha256:")
        assert version == 0
        assert reason.startswith("not a orders.order.v1: ")

    async def test_what_came_back_from_the_dead_letters_is_set_aside_untried(
        self, db: Database, consumer: Consumer[Order, Transaction]
    ) -> None:
        await consumer.set_aside(order(2, id="o1").encode(), "delivered too often")
        await consumer.set_aside(b"nonsense", "delivered too often")
        assert (await aside(db))["o1"] == (2, "delivered too often")
        assert len(await aside(db)) == 2
        assert await applied_versions(db) == {}
        await hear(consumer, order(2, id="o1"))
        assert await applied_versions(db) == {"o1": 2}
        assert "o1" not in await aside(db)
