"""What is said in a transaction is said exactly when the transaction holds, and at most one row waits per thing."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.broker import Outgoing, Subscription
from shared.contracts import Account, Digest
from shared.database import Database, new_id
from shared.outbox import Outbox, digest
from shared.outbox.digest import publish_digest
from shared.outbox.dispatcher import KEPT_IN_MEMORY, OLDEST, ROUND, UNSENT
from shared.outbox.tables import answers
from shared.outbox.tables import outbox as rows
from tests.eventually import eventually
from tests.shared.conftest import Clock, MakeBus, connected
from tests.shared.model import account, order
from tests.shared.test_bus import Heard, MakeProxy, through_proxy

__all__ = ["through_proxy"]


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


@pytest.fixture
async def speaking(db: Database, clock: Clock, make_bus: MakeBus, broker_url: str) -> AsyncIterator[Outbox]:
    """An outbox on a connected bus; `orders` and `inventory` hear, in `heard`."""
    bus = make_bus(broker_url, "billing")
    made = Outbox(db, bus, clock=clock)
    for service in ("orders", "inventory"):
        bus.subscribe(Subscription(service, "orders.order.v1"), Heard().submit)
    await bus.start()
    await connected(bus)
    await made.start()
    yield made
    await made.stop()


class TestPublishing:
    async def test_rows_go_when_they_are_confirmed(self, db: Database, speaking: Outbox) -> None:
        for start in (0, ROUND):
            async with speaking.transaction() as tx:
                for number in range(start, start + ROUND):
                    tx.send(order(id=f"o{number}"))
        await eventually(lambda: empty(db))

    async def test_what_nobody_hears_stays_and_holds_up_nobody(
        self, db: Database, speaking: Outbox, clock: Clock
    ) -> None:
        """More rows than a round, older than the good one, that the broker returns every time."""
        async with speaking.transaction() as tx:
            for number in range(ROUND + 1):
                tx.send(account(f"unheard{number:04}"))
        clock.forward(seconds=1)
        async with speaking.transaction() as tx:
            await tx.execute(rows.insert(), [row_of("good", clock)])
        clock.forward(seconds=60)

        async def swept() -> bool:
            await speaking.sweep()
            return "good" not in [key for key, _, _ in await unsent(db)]

        await eventually(swept)
        assert len(await unsent(db)) == ROUND + 1

    async def test_the_sweep_publishes_what_a_crash_left(self, db: Database, speaking: Outbox, clock: Clock) -> None:
        async with db.write() as conn:
            await conn.execute(rows.insert(), [row_of(f"o{number}", clock) for number in range(2 * ROUND + 5)])
        assert await speaking.sweep() == 0, "too young: the process that wrote them is still at it"
        clock.forward(seconds=6)
        assert await speaking.sweep() == 2 * ROUND + 5
        assert await unsent(db) == []

    async def test_gauges_tell_rows_and_age(self, outbox: Outbox, clock: Clock) -> None:
        async with outbox.transaction() as tx:
            tx.send(order())
        clock.forward(seconds=90)
        await outbox.sweep()
        assert UNSENT.labels("billing")._value.get() == 1
        assert OLDEST.labels("billing")._value.get() == 90

    async def test_while_the_broker_is_away_rows_stay_and_memory_does_not_grow(
        self, db: Database, outbox: Outbox
    ) -> None:
        for number in range(50):
            async with outbox.transaction() as tx:
                tx.send(order(id=f"o{number}"))
        assert len(await unsent(db)) == 50
        assert not outbox.dispatcher._rows

    async def test_a_broker_that_blocks_fills_memory_to_its_limit_only(self, speaking: Outbox) -> None:
        """Connected, and yet nothing is confirmed: a memory alarm."""
        await speaking.dispatcher.stop()
        many = [Outgoing("orders.order.v1", f"o{number}", "main", "all", 1, b"{}") for number in range(1000)]
        for _ in range(KEPT_IN_MEMORY // 1000 + 5):
            speaking.dispatcher.submit(many, [])
        assert len(speaking.dispatcher._rows) == KEPT_IN_MEMORY
        speaking.dispatcher._rows.clear()

    async def test_all_goes_out_once_the_broker_is_back(
        self, db: Database, clock: Clock, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy
    ) -> None:
        url, proxy = await through_proxy(broker_url)
        proxy.down()
        bus, heard = make_bus(url), Heard()
        bus.subscribe(Subscription("billing", "orders.order.v1"), heard.submit)
        away = Outbox(db, bus, clock=clock)
        await away.start()
        await bus.start()
        for version in (1, 2, 3):
            async with away.transaction() as tx:
                for number in range(5):
                    tx.send(order(version, id=f"o{number}"))
        await proxy.start()
        await connected(bus)
        clock.forward(seconds=6)
        assert await away.sweep() == 5
        await eventually(lambda: len(heard.bodies) == 5)
        await away.stop()

    async def test_stopping_says_what_is_still_to_be_said(self, db: Database, speaking: Outbox) -> None:
        async with speaking.transaction() as tx:
            tx.send(order())
        await speaking.stop()
        assert await unsent(db) == []


class TestDigests:
    @pytest.fixture
    async def heard(self, make_bus: MakeBus, broker_url: str) -> Heard:
        heard = Heard()
        bus = make_bus(broker_url, "orders")
        bus.subscribe(Subscription("orders", Digest.name), heard.submit)
        await bus.start()
        await connected(bus)
        return heard

    async def test_an_answer_is_in_the_digest_of_each_of_its_ages(
        self, speaking: Outbox, heard: Heard, clock: Clock
    ) -> None:
        bus = speaking.dispatcher._bus
        async with speaking.transaction() as tx:
            tx.answer(account("o1"))
        changed = clock()
        for minute in (0, 1, 2, 9, 10, 11, 59, 60, 61, 359, 360, 361, 1439, 1440, 1441):
            clock.now = changed + timedelta(minutes=minute)
            assert await publish_digest(speaking, bus)
        assert await publish_digest(speaking, bus, since=timedelta(days=2))
        await eventually(lambda: len(heard.bodies) == 6)
        assert {item.id: item.version for body in heard.bodies for item in Digest.decode(body).items} == {"o1": 1}

    async def test_a_late_digest_leaves_no_gap(self, speaking: Outbox, heard: Heard, clock: Clock) -> None:
        for number in range(5):
            async with speaking.transaction() as tx:
                tx.answer(account(f"o{number}"))
            clock.forward(seconds=80)
        await publish_digest(speaking, speaking.dispatcher._bus, every=timedelta(minutes=7))
        await eventually(lambda: heard.bodies)
        assert [item.id for item in Digest.decode(heard.bodies[0]).items] == [f"o{number}" for number in range(5)]

    async def test_pages_are_of_one_shop_and_bounded(
        self, speaking: Outbox, heard: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(digest, "PAGE", 2)
        async with speaking.transaction() as tx:
            for shop, number in (("one", 1), ("one", 2), ("one", 3), ("two", 4)):
                tx.answer(account(f"o{number}", shop=shop))
        await publish_digest(speaking, speaking.dispatcher._bus, since=timedelta(days=2))
        await eventually(lambda: len(heard.bodies) == 3)
        pages = map(Digest.decode, heard.bodies)
        assert [(page.shop, len(page.items), page.service) for page in pages] == [
            ("one", 2, "billing"),
            ("one", 1, "billing"),
            ("two", 1, "billing"),
        ]


def row_of(key: str, clock: Clock) -> dict[str, object]:
    said = order(id=key)
    return {
        "message": said.name,
        "key": key,
        "shop": said.shop,
        "detail": "all",
        "version": said.version,
        "body": said.encode().decode(),
        "created_at": clock(),
    }


async def empty(db: Database) -> bool:
    return await unsent(db) == []
