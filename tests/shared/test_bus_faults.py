"""Every fault of a connection or a broker ends in a bus that works again, and a stop never waits for it."""

import asyncio

import aio_pika
import pytest

from shared.broker.embedded import EmbeddedBroker
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
