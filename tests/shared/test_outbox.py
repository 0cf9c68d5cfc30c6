"""What is said in a transaction is said exactly when the transaction holds, and at most one row waits per thing."""

import pytest
from sqlalchemy import select

from shared.contracts import Account
from shared.database import Database, new_id
from shared.outbox import Outbox
from shared.outbox.tables import answers
from shared.outbox.tables import outbox as rows
from tests.shared.conftest import Clock
from tests.shared.model import account, order


async def unsent(db: Database) -> list[tuple[str, str, int]]:
    """(key, to whom, version) of the rows that wait."""
    async with db.read() as conn:
        found = await conn.execute(select(rows.c.key, rows.c.detail, rows.c.version).order_by(rows.c.key))
        return [(row.key, row.detail, row.version) for row in found]


class TestRows:
    async def test_a_newer_version_replaces_the_unsent_older_one(self, db: Database, outbox: Outbox) -> None:
        for version in (1, 3, 2):
            async with outbox.transaction() as tx:
                tx.send(order(version, id="o1"))
                tx.send(order(1, id="o2"))
        assert await unsent(db) == [("o1", "all", 3), ("o2", "all", 1)]

    async def test_the_newest_of_one_transaction_counts(self, db: Database, outbox: Outbox) -> None:
        async with outbox.transaction() as tx:
            tx.send(order(5, id="o1"))
            tx.send(order(4, id="o1"))
        assert await unsent(db) == [("o1", "all", 5)]

    @pytest.mark.parametrize(
        ("first", "second", "left"),
        [
            (("all", 1), ("inventory", 1), ("all", 1)),
            (("all", 1), ("inventory", 2), ("all", 2)),
            (("inventory", 1), ("all", 1), ("all", 1)),
            (("inventory", 1), ("billing", 1), ("all", 1)),
            (("inventory", 1), ("inventory", 2), ("inventory", 2)),
        ],
    )
    @pytest.mark.parametrize("apart", [True, False], ids=["two transactions", "one"])
    async def test_a_resend_never_narrows_what_was_for_all(
        self,
        db: Database,
        outbox: Outbox,
        first: tuple[str, int],
        second: tuple[str, int],
        left: tuple[str, int],
        apart: bool,
    ) -> None:
        if apart:
            for to, version in (first, second):
                async with outbox.transaction() as tx:
                    tx.send(order(version, id="o1"), to=to)
        else:
            async with outbox.transaction() as tx:
                for to, version in (first, second):
                    tx.send(order(version, id="o1"), to=to)
        assert await unsent(db) == [("o1", *left)]

    async def test_a_rolled_back_transaction_says_nothing(self, db: Database, outbox: Outbox) -> None:
        called: list[str] = []

        async def fail() -> None:
            async with outbox.transaction() as tx:
                tx.send(order())
                tx.answer(account(new_id()))
                tx.hint("o1", 1)
                tx.after_commit(lambda: called.append("nudged"))
                raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError):
            await fail()
        assert await unsent(db) == []
        assert called == []

    async def test_after_the_commit_callers_are_nudged_and_waiters_woken(self, db: Database, outbox: Outbox) -> None:
        seen: list[list[tuple[str, str, int]]] = []
        async with outbox.dispatcher._bus.hints.waiting("o1") as hint:
            async with outbox.transaction() as tx:
                tx.send(order(id="o1"))
                tx.hint("o1", 7)
                tx.after_commit(lambda: seen.append([]))
                assert not seen
            assert len(seen) == 1
            assert hint.is_set()


class TestAnswers:
    async def answer(self, outbox: Outbox, said: Account) -> None:
        async with outbox.transaction() as tx:
            tx.answer(said)

    async def test_the_version_rises_only_when_something_else_changed(self, db: Database, outbox: Outbox) -> None:
        await self.answer(outbox, account("o1", version=1, heard=1))
        await self.answer(outbox, account("o1", version=99, heard=1))
        assert await unsent(db) == [("o1", "all", 1)]
        await self.answer(outbox, account("o1", version=1, heard=2))
        await self.answer(outbox, account("o1", version=1, heard=2, captured=5))
        assert await unsent(db) == [("o1", "all", 3)]

    async def test_the_stored_answer_is_said_again_as_it_was(self, db: Database, outbox: Outbox, clock: Clock) -> None:
        await self.answer(outbox, account("o1", captured=5))
        async with outbox.transaction() as tx:
            await tx.execute(rows.delete())
        clock.forward(hours=1)
        async with outbox.transaction() as tx:
            await Outbox.again(Account)(tx, ["o1", "never heard of"])
        assert await unsent(db) == [("o1", "all", 1)]
        async with db.read() as conn:
            stored = (await conn.execute(select(answers.c.body, answers.c.changed_at))).one()
            [row] = (await conn.execute(select(rows.c.body))).all()
        assert stored.body == row.body
        assert stored.changed_at < clock()

    async def test_an_answer_of_this_transaction_wins_over_its_repetition(self, db: Database, outbox: Outbox) -> None:
        await self.answer(outbox, account("o1"))
        async with outbox.transaction() as tx:
            await Outbox.again(Account)(tx, ["o1"])
            tx.answer(account("o1", captured=5))
        assert await unsent(db) == [("o1", "all", 2)]


async def empty(db: Database) -> bool:
    return await unsent(db) == []
