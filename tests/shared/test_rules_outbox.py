"""The rules of the outbox (7, and 6 where it meets re-sends), each switched off once to see what it is for.

The scenarios need a newer row to appear while an older one is under way: a proxy holds the broker's confirm back.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Column, and_, bindparam, delete

import shared.outbox
from shared.broker import Bus, Subscription
from shared.broker.embedded import EmbeddedBroker
from shared.database import Database, upsert
from shared.outbox import Outbox, dispatcher
from shared.outbox.tables import outbox as rows
from tests.eventually import eventually
from tests.servers.fault_proxy import FaultProxy
from tests.shared.conftest import Clock, MakeBus, MakeProxy, bus_without_broker, connected
from tests.shared.model import order
from tests.shared.test_bus import Heard
from tests.shared.test_outbox import empty, unsent


class House:
    """A speaking process behind a proxy, another that has crashed after its commit, and two services that hear."""

    def __init__(self, db: Database, outbox: Outbox, proxy: FaultProxy, heard: dict[str, Heard], clock: Clock) -> None:
        self.db = db
        self.outbox = outbox
        self.crashed = Outbox(db, bus_without_broker(), clock=clock)
        self.proxy = proxy
        self.heard = heard
        self.clock = clock

    async def say(self, version: int, *, to: str = "all", by: Outbox | None = None) -> None:
        async with (by or self.outbox).transaction() as tx:
            tx.send(order(version, id="o1"), to=to)

    async def say_slowly(self, version: int, *, to: str = "all") -> None:
        """Said, and held back by the proxy."""
        self.proxy.blackhole()
        await self.say(version, to=to)
        await eventually(lambda: self.outbox.dispatcher._on_their_way)

    async def all_sent(self) -> dict[str, list[int]]:
        """Let everything go out; which versions each service then has heard."""
        self.proxy.heal()
        await eventually(lambda: not self.outbox.dispatcher._on_their_way)
        self.clock.forward(seconds=60)
        await self.outbox.sweep()
        await eventually(lambda: empty(self.db))
        bus = self.outbox.dispatcher._bus
        for subscription in bus.subscriptions:
            await eventually(lambda queue=subscription.queue: drained(bus, queue))  # type: ignore[misc]
        versions = {name: [dispatcher_version(body) for body in heard.bodies] for name, heard in self.heard.items()}
        return {name: sorted(set(found)) for name, found in versions.items()}


@pytest.fixture
async def house(
    db: Database, clock: Clock, make_bus: MakeBus, embedded_broker: EmbeddedBroker, through_proxy: MakeProxy
) -> AsyncIterator[House]:
    url, proxy = await through_proxy(embedded_broker.url)
    bus, heard = make_bus(url), {name: Heard() for name in ("inventory", "notifications")}
    for name, hearing in heard.items():
        bus.subscribe(Subscription(name, "orders.order.v1"), hearing.submit)
    outbox = Outbox(db, bus, clock=clock)
    await bus.start()
    await connected(bus)
    await outbox.start()
    yield House(db, outbox, proxy, heard, clock)
    await outbox.stop()


def deleting(*columns: Column[Any]) -> Any:
    """A delete of confirmed rows that looks at these columns only."""
    names = {"message": "m", "key": "k", "version": "v", "detail": "d"}
    return delete(rows).where(and_(*(column == bindparam(names[column.name]) for column in columns)))


class TestDeleteByVersion:
    """A row is deleted only where its version is the one that was confirmed."""

    async def newer_while_under_way(self, house: House) -> list[int]:
        await house.say_slowly(1)
        await house.say(2, by=house.crashed)
        return (await house.all_sent())["inventory"]

    async def test_on_the_newer_row_goes_out(self, house: House) -> None:
        assert (await self.newer_while_under_way(house))[-1] == 2

    async def test_off_the_newer_row_is_lost(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dispatcher, "_delete_confirmed", deleting(rows.c.message, rows.c.key))
        assert await self.newer_while_under_way(house) == [1]


class TestNarrowing:
    """A re-send to one service never takes an unsent message from the others."""

    async def resent_while_unsent(self, house: House) -> dict[str, list[int]]:
        await house.say(1, by=house.crashed)
        await house.say(1, to="inventory")
        await eventually(lambda: house.heard["inventory"].bodies)
        return await house.all_sent()

    async def test_on_all_hear_it(self, house: House) -> None:
        assert await self.resent_while_unsent(house) == {"inventory": [1], "notifications": [1]}

    async def test_off_in_the_row_the_others_never_hear_it(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shared.outbox, "_insert", narrowing)
        assert await self.resent_while_unsent(house) == {"inventory": [1], "notifications": []}

    async def test_off_in_the_deletion_the_others_never_hear_it(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        by_version = deleting(rows.c.message, rows.c.key, rows.c.version)
        monkeypatch.setattr(dispatcher, "_delete_confirmed", by_version)
        assert await self.resent_while_unsent(house) == {"inventory": [1], "notifications": []}


class TestOneRow:
    """At most one row waits per (message, key), and a newer version is not replaced by an older one."""

    async def left_after_many_changes(self, db: Database, outbox: Outbox) -> list[int]:
        for version in (1, 3, 2):
            async with outbox.transaction() as tx:
                tx.send(order(version, id="o1"))
        return [version for _, _, version in await unsent(db)]

    async def test_on_one_row_the_newest(self, db: Database, outbox: Outbox) -> None:
        assert await self.left_after_many_changes(db, outbox) == [3]

    async def test_off_an_older_version_goes_out_last(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared.outbox, "_insert", replacing_whatever_is_there)
        assert await self.left_after_many_changes(db, outbox) == [2]

    async def test_off_without_the_unique_key_the_outbox_grows_with_every_change(
        self, db: Database, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with db.write() as conn:
            await conn.run_sync(rows.drop)
            await conn.exec_driver_sql(
                "CREATE TABLE outbox (message text, key text, shop text, detail text, version bigint, body text,"
                f" created_at {'timestamptz' if db.dialect == 'postgresql' else 'datetime'})"
            )
        monkeypatch.setattr(shared.outbox, "_insert", lambda _conn: rows.insert())
        assert sorted(await self.left_after_many_changes(db, outbox)) == [1, 2, 3]


class TestOnlyConfirmed:
    """Only what the broker confirmed leaves the outbox."""

    async def after_a_return(self, house: House, db: Database) -> int:
        """The broker returns what nobody is bound to hear (yet)."""
        async with house.outbox.transaction() as tx:
            tx.send(order(1, id="o1"), to="a_service_that_comes_later")
        await eventually(lambda: not house.outbox.dispatcher._rows and not house.outbox.dispatcher._on_their_way)
        return len(await unsent(db))

    async def test_on_it_waits(self, house: House, db: Database) -> None:
        assert await self.after_a_return(house, db) == 1

    async def test_off_it_is_lost(self, house: House, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        bus = house.outbox.dispatcher._bus
        publish = bus.publish

        async def believing(messages: Any) -> list[bool]:
            return [True for _ in await publish(messages)]

        monkeypatch.setattr(bus, "publish", believing)
        assert await self.after_a_return(house, db) == 0


def narrowing(conn: Any) -> Any:
    columns = ("version", "body", "created_at", "detail")
    return upsert(conn, rows, keys=["message", "key"], update=columns)


replacing_whatever_is_there = narrowing


def dispatcher_version(body: bytes) -> int:
    return order().decode(body).version


async def drained(bus: Bus, queue: str) -> bool:
    return await bus.depth(queue) == 0
