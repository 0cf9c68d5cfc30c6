"""Every fault of a connection or a broker ends in a bus that works again, and a stop never waits for it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

import shared.broker
from deploy.local.rabbitmq import RabbitMQ
from shared.broker import Bus, Outgoing
from shared.broker.embedded import EmbeddedBroker
from shared.broker.publishing import publish_pipelined
from shared.broker.topology import EXCHANGE, with_heartbeat
from tests.eventually import eventually
from tests.shared.conftest import MakeBus, MakeProxy, connected
from tests.shared.test_bus import ORDERS, Heard, hearing, outgoing, sent


class TestFaults:
    async def test_a_broker_that_is_away_at_the_start(
        self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy
    ) -> None:
        url, proxy = await through_proxy(broker_url)
        proxy.down()
        bus, heard = make_bus(url), Heard()
        bus.subscribe(ORDERS, heard.submit)
        await bus.start()
        assert await bus.publish([outgoing()]) == [False]
        await proxy.start()
        await connected(bus)
        assert await bus.publish([outgoing()]) == [True]
        await eventually(lambda: heard.bodies)

    async def test_a_connection_that_is_cut(self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy) -> None:
        url, proxy = await through_proxy(broker_url)
        bus, heard = await hearing(make_bus, url)
        proxy.cut()
        await eventually(lambda: sent(bus, outgoing()))
        await eventually(lambda: heard.bodies)

    async def test_a_connection_that_hangs(
        self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy, impatient: None
    ) -> None:
        """Neither end is told; the bus finds out by asking."""
        url, proxy = await through_proxy(broker_url)
        bus, heard = await hearing(make_bus, url)
        proxy.blackhole()
        await eventually(lambda: not bus.connected.is_set())
        proxy.heal()
        proxy.cut()
        await eventually(lambda: sent(bus, outgoing()), seconds=20)
        await eventually(lambda: heard.bodies)

    async def test_nobody_who_asks_is_cancelled(
        self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy
    ) -> None:
        """The client cancels whoever waits on a connection that closes; a job that asked would end without a word."""
        url, proxy = await through_proxy(broker_url)
        bus, _ = await hearing(make_bus, url)
        proxy.blackhole()
        asking = [asyncio.create_task(bus.depth(ORDERS.queue)) for _ in range(8)]
        await bus.stop()
        assert await asyncio.gather(*asking) == [None] * 8
        proxy.heal()

    @pytest.mark.parametrize("when", ["connected", "connecting"])
    async def test_stopping_takes_seconds_whatever_hangs(
        self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy, when: str
    ) -> None:
        url, proxy = await through_proxy(broker_url)
        if when == "connected":
            bus, heard = await hearing(make_bus, url)
            heard.going.clear()
            await bus.publish([outgoing()])
            await eventually(lambda: heard.started)
            proxy.blackhole()
        else:
            proxy.blackhole()
            bus = make_bus(url)
            await bus.start()
            await eventually(lambda: proxy.connections)
        async with asyncio.timeout(8):
            await bus.stop()
        proxy.heal()

    async def test_one_of_two_replicas_that_lost_its_connection(
        self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy
    ) -> None:
        """The broker still counts a consumer, the other replica's; that must not hide the loss."""
        url, proxy = await through_proxy(broker_url)
        other, _ = await hearing(make_bus, broker_url)
        bus, heard = await hearing(make_bus, url)
        proxy.down()
        await eventually(lambda: not bus.connected.is_set())
        await proxy.start()
        await connected(bus)
        await other.stop()
        assert await bus.publish([outgoing()]) == [True]
        await eventually(lambda: heard.bodies)

    @pytest.mark.parametrize("what", ["queue", "exchange"])
    async def test_something_that_was_deleted_is_declared_again(
        self, make_bus: MakeBus, broker_url: str, what: str, impatient: None
    ) -> None:
        """Deleting a queue cancels its consumer; publishing to no exchange closes the channel."""
        bus, heard = await hearing(make_bus, broker_url)
        administrator = await aio_pika.connect(broker_url)
        async with administrator, administrator.channel() as channel:
            if what == "queue":
                await channel.queue_delete(ORDERS.queue)
            else:
                await channel.exchange_delete(EXCHANGE)
        await eventually(lambda: sent(bus, outgoing()), seconds=20)
        await eventually(lambda: heard.bodies)

    async def test_the_embedded_broker_started_anew(self, make_bus: MakeBus) -> None:
        """It comes back empty; everything is declared again."""
        broker = EmbeddedBroker()
        await broker.start()
        port = int(broker.url.rpartition(":")[2].strip("/"))
        bus, heard = await hearing(make_bus, broker.url)
        await broker.stop()
        await eventually(lambda: not bus.connected.is_set())
        broker = EmbeddedBroker(port=port)
        await broker.start()
        await eventually(lambda: sent(bus, outgoing()))
        await eventually(lambda: heard.bodies)
        await bus.stop()
        await broker.stop()

    def test_the_heartbeat_is_ours_unless_the_address_names_one(self) -> None:
        assert with_heartbeat("amqp://h/v") == "amqp://h/v?heartbeat=15"
        assert with_heartbeat("amqp://h/v?x=1") == "amqp://h/v?x=1&heartbeat=15"
        assert with_heartbeat("amqp://h/v?heartbeat=5") == "amqp://h/v?heartbeat=5"


class TestAnAlarm:
    """Memory or disk: the broker takes nothing more from publishers, and says nothing either."""

    @pytest.fixture
    def alarm(self, rabbitmq: RabbitMQ) -> Iterator[Callable[[bool], None]]:
        def switch(on: bool) -> None:
            rabbitmq.ctl("set_vm_memory_high_watermark", "0" if on else "0.6")

        yield switch
        switch(False)

    async def test_consumers_go_on_and_publishers_come_back(
        self,
        make_bus: MakeBus,
        rabbitmq_url: str,
        alarm: Callable[[bool], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        bus, heard = await hearing(make_bus, rabbitmq_url, prefetch=1)
        heard.going.clear()
        await bus.publish([outgoing(number) for number in range(5)])
        await asyncio.to_thread(alarm, True)
        monkeypatch.setattr(shared.broker, "AMQP_SECONDS", 0.5)
        many = [outgoing(number) for number in range(100, 150)]
        assert await bus.publish(many) == [False] * 50
        heard.going.set()
        await eventually(lambda: len(heard.bodies) == 5)
        tried = 0

        async def counted(channel: AbstractChannel, rows: Sequence[Outgoing], seconds: float) -> Any:
            nonlocal tried
            tried += len(rows)
            return await publish_pipelined(channel, rows, seconds)

        monkeypatch.setattr(shared.broker, "publish_pipelined", counted)
        for _ in range(3):
            assert await bus.publish(many) == [False] * 50
        assert 3 <= tried < len(many), "a few to try it with: what is written to a blocked connection stays in memory"
        monkeypatch.undo()
        await asyncio.to_thread(alarm, False)
        await eventually(lambda: all_sent(bus, many), seconds=30)
        await eventually(lambda: {outgoing.body for outgoing in many} <= set(heard.bodies))


async def all_sent(bus: Bus, rows: list[Outgoing]) -> bool:
    return all(await bus.publish(rows))


@pytest.mark.slow
async def test_a_broker_that_ended_has_lost_nothing_it_confirmed(
    make_bus: MakeBus, rabbitmq: RabbitMQ, rabbitmq_url: str
) -> None:
    """Stopped in order, then killed. What was not acknowledged before comes again.

    In this order, since RabbitMQ 3.10 forgets a quorum queue that was declared less than a second before a kill.
    """
    bus, heard = await hearing(make_bus, rabbitmq_url)
    heard.going.clear()
    rows = [outgoing(number) for number in range(20)]
    for end, expected in ((rabbitmq.stop, 20), (rabbitmq.kill, 20 + 20 + 20)):
        assert all(await bus.publish(rows))
        await eventually(lambda expected=expected: heard.started == expected)  # type: ignore[misc]
        await asyncio.to_thread(end)
        await eventually(lambda: not bus.connected.is_set())
        assert await bus.publish([outgoing(100)]) == [False]
        await asyncio.to_thread(rabbitmq.start)
        await connected(bus, seconds=60)
    await eventually(lambda: heard.started == 60 + 40, seconds=60)
    heard.going.set()
    assert await bus.publish([outgoing(101)]) == [True]
    await eventually(lambda: b'{"n":101}' in heard.bodies)
