"""The rules about versions and answers, each switched off once to see what it is for.

Every test runs its scenario twice: with the rule the guarantee holds, without it the same scenario breaks it. A rule
whose absence nobody notices would be superstition.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from shared import batch
from shared.batch import Consumer, lock_keys
from shared.batch.guards import Guard
from shared.contracts import Account, Order
from shared.database import Database, new_id
from shared.outbox import Outbox, Transaction, digest
from shared.outbox.tables import outbox as rows
from tests.shared.conftest import Clock
from tests.shared.hearing import POISON, aside, hear, hearing
from tests.shared.model import account, applied_versions, converge, order
from tests.shared.test_outbox import unsent


async def forget_outbox(outbox: Outbox) -> None:
    """What was said is lost on its way: the rows are gone, nobody has heard."""
    async with outbox.transaction() as tx:
        await tx.execute(rows.delete())


class TestGuardRows:
    """Rule 1: newer is applied, older dropped."""

    async def after_a_late_old_message(self, db: Database, outbox: Outbox) -> int:
        id, consumer = new_id(), hearing(outbox)
        await hear(consumer, order(2, id=id))
        await hear(consumer, order(1, id=id))
        await consumer.stop()
        return (await applied_versions(db))[id]

    async def test_on_the_newest_wins(self, db: Database, outbox: Outbox) -> None:
        assert await self.after_a_late_old_message(db, outbox) == 2

    async def test_off_a_late_message_undoes_the_newest(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def unguarded(tx: Any, message: str, keys: Sequence[str]) -> dict[str, Guard]:
            return {key: Guard(0, parked=False) for key in await lock_keys(tx, message, keys)}

        monkeypatch.setattr(batch, "lock_keys", unguarded)
        assert await self.after_a_late_old_message(db, outbox) == 1


class TestAnswerAgain:
    """Rule 1: an equal version is answered again, which heals a lost answer."""

    async def said_after_a_lost_answer(
        self, db: Database, consumer: Consumer[Order, Transaction], outbox: Outbox
    ) -> int:
        id = new_id()
        await hear(consumer, order(1, id=id))
        await forget_outbox(outbox)
        await hear(consumer, order(1, id=id))
        await consumer.stop()
        return len(await unsent(db))

    async def test_on_the_answer_comes_when_asked(self, db: Database, outbox: Outbox) -> None:
        assert await self.said_after_a_lost_answer(db, hearing(outbox), outbox) == 1

    async def test_off_a_lost_answer_stays_lost(self, db: Database, outbox: Outbox) -> None:
        assert await self.said_after_a_lost_answer(db, hearing(outbox, again=None), outbox) == 0


class TestAnswerVersions:
    """Rule 2: an answer has its own version, raised when it changes and only then."""

    async def heard_by_orders(self, db: Database, outbox: Outbox) -> list[int]:
        """A payment arrives while the order stays the same: what a reader of accounts has applied."""
        id = new_id()
        seen: list[int] = []

        async def note(_tx: Transaction, accounts: Sequence[Account]) -> None:
            seen.extend(said.captured for said in accounts)

        reader = Consumer(Account, outbox.transaction, note)
        for captured in (0, 1200, 1200):
            async with outbox.transaction() as tx:
                tx.answer(account(id, heard=1, captured=captured))
            async with db.read() as conn:
                bodies = (await conn.execute(rows.select())).all()
            for body in bodies:
                await reader.submit(body.body.encode())
        await reader.stop()
        return seen

    async def test_on_a_reader_learns_of_every_change_once(self, db: Database, outbox: Outbox) -> None:
        assert await self.heard_by_orders(db, outbox) == [0, 1200]

    async def test_off_with_the_orders_version_a_payment_is_never_heard(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def with_the_orders_version(tx: Transaction) -> None:
            for answer in tx._answers.values():
                tx.send(answer.model_copy(update={"version": answer.heard}))

        monkeypatch.setattr(Transaction, "_store_answers", with_the_orders_version)
        assert await self.heard_by_orders(db, outbox) == [0]


class TestDigests:
    """Rule 6: an answer that nobody asked for is named again and again, so that its loss is noticed."""

    async def named(self, outbox: Outbox, clock: Clock) -> int:
        """How many digests of a day would name a lost answer (they are counted before they are sent)."""
        async with outbox.transaction() as tx:
            tx.answer(account(new_id()))
        await forget_outbox(outbox)
        count = 0
        for _ in range(24 * 6 + 1):
            clock.forward(minutes=10)
            windows = [(clock() - age - digest.EVERY, clock() - age) for age in digest.AGES]
            count += bool(await digest._changed(outbox, windows))
        return count

    async def test_on_it_is_named_four_times_in_a_day(self, outbox: Outbox, clock: Clock) -> None:
        assert await self.named(outbox, clock) == 4

    async def test_off_with_one_digest_that_was_lost_too_nobody_ever_learns_of_it(
        self, outbox: Outbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(digest, "AGES", digest.AGES[:1])
        assert await self.named(outbox, clock) == 0


class TestParking:
    """Life of a change, 3: a message that cannot be applied is set aside alone; a database at fault is waited for."""

    async def test_off_without_parting_the_batch_the_good_ones_are_set_aside_too(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good = [order(1) for _ in range(3)]

        async def whole(consumer: Any, messages: list[Any]) -> None:
            try:
                await consumer._apply([arrived.message for arrived in messages])
            except ValueError as error:
                for arrived in messages:
                    await consumer._park(arrived.message, arrived.body, str(error))

        monkeypatch.setattr(Consumer, "_settle", whole)
        consumer = hearing(outbox)
        await hear(consumer, *good, order(1, id="bad", gross=POISON))
        await consumer.stop()
        assert len(await aside(db)) == 4
        assert await applied_versions(db) == {}

    async def test_off_without_telling_faults_apart_a_good_message_is_set_aside(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refusals = iter([ConnectionResetError("the server went away")] * batch.TRIES)

        async def interrupted(tx: Transaction, orders: Sequence[Order]) -> None:
            if error := next(refusals, None):
                raise error
            await converge(tx, orders)

        monkeypatch.setattr(batch, "PAUSES", (0.0,))
        monkeypatch.setattr(batch, "is_transient", lambda _error: False)
        consumer = Consumer(Order, outbox.transaction, interrupted)
        await hear(consumer, order(1, id="good"))
        assert "good" in await aside(db)
        await consumer.stop()

    async def test_off_acknowledged_before_the_commit_a_message_is_lost(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The process dies between the acknowledgement and the commit: nobody delivers it again."""
        acknowledged: list[bytes] = []
        consumer = hearing(outbox)

        async def first_acknowledge(body: bytes) -> None:
            acknowledged.append(body)
            await consumer.stop()  # the process ends here
            await Consumer.submit(consumer, body)

        with pytest.raises(BaseException, match="stopped"):
            await first_acknowledge(order(1, id="lost").encode())
        assert acknowledged
        assert await applied_versions(db) == {}
