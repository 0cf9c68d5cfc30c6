"""What was committed goes out, through crashes, returns and absences; and digests name what was said."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.broker import Outgoing, Subscription
from shared.contracts import Digest
from shared.database import Database
from shared.outbox import Outbox, digest
from shared.outbox.digest import publish_digest
from shared.outbox.dispatcher import KEPT_IN_MEMORY, OLDEST, ROUND, UNSENT
from shared.outbox.tables import outbox as rows
from tests.eventually import eventually
from tests.shared.conftest import Clock, MakeBus, MakeProxy, connected
from tests.shared.model import account, order
from tests.shared.test_bus import Heard
from tests.shared.test_outbox import empty, unsent


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
