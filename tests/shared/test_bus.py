"""The bus on both brokers: what is confirmed arrives, what is not is said so, and every fault ends in a working bus."""

import asyncio
from collections.abc import Awaitable, Callable

import aio_pika
import pytest

import shared.broker
from shared.broker import Bus, Outgoing, Subscription
from shared.broker.embedded import EmbeddedBroker
from shared.broker.topology import EXCHANGE, with_heartbeat
from tests.eventually import eventually
from tests.servers.fault_proxy import FaultProxy
from tests.shared.conftest import MakeBus, connected

ORDERS = Subscription("billing", "orders.order.v1")
MakeProxy = Callable[[str], Awaitable[tuple[str, FaultProxy]]]


class Heard:
    """Takes what a bus hands over. While `hold` is set, a handler waits."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.started = 0
        self.going = asyncio.Event()
        self.going.set()

    async def submit(self, body: bytes) -> None:
        self.started += 1
        await self.going.wait()
        self.bodies.append(body)


def outgoing(number: int = 1, *, message: str = ORDERS.message, to: str = "all", key: str = "o") -> Outgoing:
    return Outgoing(message, f"{key}{number}", "main", to, number, b'{"n":%d}' % number)


async def hearing(make_bus: MakeBus, url: str, *, prefetch: int = 200, service: str = "billing") -> tuple[Bus, Heard]:
    """A connected bus that hears orders."""
    bus, heard = make_bus(url, service, prefetch), Heard()
    bus.subscribe(Subscription(service, ORDERS.message), heard.submit)
    await bus.start()
    await connected(bus)
    return bus, heard


@pytest.fixture
async def through_proxy(fault_proxy: Callable[[str, int], Awaitable[FaultProxy]]) -> MakeProxy:
    """`await through_proxy(url)` is the address of a proxy before that broker, and the proxy."""

    async def make(url: str) -> tuple[str, FaultProxy]:
        host, port = url.rpartition("@")[2].partition("/")[0].split(":")
        proxy = await fault_proxy(host, int(port))
        return url.replace(f"{host}:{port}", f"{proxy.host}:{proxy.port}"), proxy

    return make


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bounds, shorter, so that a test of a fault does not take as long as the fault."""
    monkeypatch.setattr(shared.broker, "AMQP_SECONDS", 0.5)
    monkeypatch.setattr(shared.broker, "CHECK_SECONDS", 0.1)


class TestPublishing:
    async def test_what_is_confirmed_arrives(self, make_bus: MakeBus, broker_url: str) -> None:
        bus, heard = await hearing(make_bus, broker_url)
        assert await bus.publish([outgoing(number) for number in range(100)]) == [True] * 100
        await eventually(lambda: len(heard.bodies) == 100)
        assert heard.bodies == [b'{"n":%d}' % number for number in range(100)]
        await eventually(lambda: drained(bus))

    async def test_a_message_for_one_service_reaches_no_other(self, make_bus: MakeBus, broker_url: str) -> None:
        bus, billing = await hearing(make_bus, broker_url)
        _, inventory = await hearing(make_bus, broker_url, service="inventory")
        await bus.publish([outgoing(1, to="inventory"), outgoing(2)])
        await eventually(lambda: len(inventory.bodies) == 2)
        await eventually(lambda: billing.bodies == [b'{"n":2}'])

    async def test_what_nobody_hears_is_not_confirmed(self, make_bus: MakeBus, broker_url: str) -> None:
        bus, _ = await hearing(make_bus, broker_url)
        unheard = outgoing(2, message="inventory.product.v1")
        assert await bus.publish([outgoing(1), unheard, unheard, outgoing(3)]) == [True, False, False, True]

    async def test_the_longest_key_goes_out(self, make_bus: MakeBus, broker_url: str) -> None:
        bus, heard = await hearing(make_bus, broker_url)
        assert await bus.publish([outgoing(key="é" * 290)]) == [True]
        await eventually(lambda: heard.bodies)

    async def test_without_a_connection_nothing_is_confirmed(self, make_bus: MakeBus) -> None:
        assert await make_bus("amqp://127.0.0.1:1/").publish([outgoing()]) == [False]

    async def test_no_confirm_in_time_means_unknown(
        self, make_bus: MakeBus, broker_url: str, through_proxy: MakeProxy, impatient: None
    ) -> None:
        """The message may well have arrived; said again, it arrives again, and readers do not mind."""
        _, heard = await hearing(make_bus, broker_url)
        url, proxy = await through_proxy(broker_url)
        bus = make_bus(url, "orders")
        await bus.start()
        await connected(bus)
        proxy.blackhole()
        assert await bus.publish([outgoing()]) == [False]
        proxy.heal()
        await eventually(lambda: sent(bus, outgoing()))
        await eventually(lambda: len(heard.bodies) >= 1)


class TestConsuming:
    async def test_prefetch_bounds_what_is_held(self, make_bus: MakeBus, broker_url: str) -> None:
        bus, heard = await hearing(make_bus, broker_url, prefetch=5)
        heard.going.clear()
        await bus.publish([outgoing(number) for number in range(40)])
        await eventually(lambda: heard.started == 5)
        assert await bus.depth(ORDERS.queue) == 35
        assert heard.started == 5
        heard.going.set()
        await eventually(lambda: len(heard.bodies) == 40)

    async def test_what_was_not_acknowledged_comes_again(self, make_bus: MakeBus, broker_url: str) -> None:
        """Stopped in the middle: the next process hears it."""
        first, stuck = await hearing(make_bus, broker_url)
        stuck.going.clear()
        await first.publish([outgoing(1), outgoing(2)])
        await eventually(lambda: stuck.started == 2)
        async with asyncio.timeout(8):
            await first.stop()
        assert stuck.bodies == []
        _, heard = await hearing(make_bus, broker_url)
        await eventually(lambda: sorted(heard.bodies) == [b'{"n":1}', b'{"n":2}'])

    async def test_a_cancelled_handler_does_not_acknowledge(self, make_bus: MakeBus, broker_url: str) -> None:
        bus = make_bus(broker_url)

        async def cancelled(_body: bytes) -> None:
            raise asyncio.CancelledError

        bus.subscribe(ORDERS, cancelled)
        await bus.start()
        await connected(bus)
        await bus.publish([outgoing()])
        await eventually(lambda: depth_is(bus, ORDERS.queue, 0))
        await bus.stop()
        _, heard = await hearing(make_bus, broker_url)
        await eventually(lambda: heard.bodies)

    async def test_a_bug_rejects_to_the_dead_letters(self, make_bus: MakeBus, broker_url: str) -> None:
        bus = make_bus(broker_url)

        async def fail(_body: bytes) -> None:
            raise ValueError("a bug in the batch itself")

        bus.subscribe(ORDERS, fail)
        await bus.start()
        await connected(bus)
        await bus.publish([outgoing(1), outgoing(2)])
        await eventually(lambda: depth_is(bus, ORDERS.dead, 2))
        taken = await bus.take_dead()
        assert sorted((dead.message, dead.body) for dead in taken) == [
            (ORDERS.message, b'{"n":1}'),
            (ORDERS.message, b'{"n":2}'),
        ]
        for dead in taken:
            await dead.acknowledge()
        assert await bus.take_dead() == []

    async def test_a_silent_bus_speaks_and_keeps_the_dead_letters(self, make_bus: MakeBus, broker_url: str) -> None:
        """The worker process of a split service."""
        bus, heard = make_bus(broker_url), Heard()
        bus.subscribe(ORDERS, heard.submit)
        bus.silence()
        await bus.start()
        await connected(bus)
        assert await bus.publish([outgoing()]) == [True]
        await eventually(lambda: depth_is(bus, ORDERS.queue, 1))
        await bus._channel.default_exchange.publish(aio_pika.Message(b"dead"), ORDERS.dead)  # type: ignore[union-attr]
        [dead] = await bus.take_dead()
        await dead.acknowledge()
        assert heard.started == 0


class TestHints:
    async def test_a_hint_wakes_another_process_and_only_who_waits_for_it(
        self, make_bus: MakeBus, broker_url: str
    ) -> None:
        api, worker = make_bus(broker_url, "orders"), make_bus(broker_url, "orders")
        api.hints.wanted = True
        for bus in (api, worker):
            await bus.start()
            await connected(bus)
        async with api.hints.waiting("o1") as one, api.hints.waiting("o2") as other:
            await worker.publish_hints([("o1", 3)])
            async with asyncio.timeout(5):
                await one.wait()
            assert not other.is_set()

    async def test_nonsense_in_the_hint_queue_hurts_nobody(self, make_bus: MakeBus, broker_url: str) -> None:
        api = make_bus(broker_url, "orders")
        api.hints.wanted = True
        await api.start()
        await connected(api)
        exchange = api._exchange
        assert exchange is not None
        await exchange.publish(aio_pika.Message(b"\xff"), routing_key="hint", mandatory=False)
        async with api.hints.waiting("o1") as event:
            await api.publish_hints([("o1", 3)])
            async with asyncio.timeout(5):
                await event.wait()


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


async def sent(bus: Bus, row: Outgoing) -> bool:
    return await bus.publish([row]) == [True]


async def depth_is(bus: Bus, queue: str, depth: int) -> bool:
    return await bus.depth(queue) == depth


async def drained(bus: Bus) -> bool:
    """Nothing waits, nothing is unacknowledged: a stopped consumer gives nothing back."""
    return await bus.depth(ORDERS.queue) == 0
