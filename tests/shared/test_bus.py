"""The bus on both brokers: what is confirmed arrives, what is not is said so, and every fault ends in a working bus."""

import asyncio
import random
from typing import Any, cast

import aio_pika

from shared.broker import Bus, Outgoing, Subscription
from shared.broker.consuming import consuming_broker
from tests.eventually import eventually
from tests.shared.conftest import MakeBus, MakeProxy, connected

ORDERS = Subscription("billing", "orders.order.v1")


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

    async def test_a_message_waits_for_a_service_that_never_started(self, make_bus: MakeBus, broker_url: str) -> None:
        """Somebody else's queue takes it already, so that the broker confirms it."""
        await hearing(make_bus, broker_url, service="inventory")
        bus = make_bus(broker_url, "orders")
        bus.speak_to([Subscription("inventory", ORDERS.message), ORDERS])
        await bus.start()
        await connected(bus)
        assert await bus.publish([outgoing()]) == [True]
        _, billing = await hearing(make_bus, broker_url)
        await eventually(lambda: billing.bodies)

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


class Delivery:
    """The first message on a channel, as the client hands it over."""

    delivery_tag = 1
    body = b"{}"

    def __init__(self) -> None:
        self.acknowledged = asyncio.Event()

    async def ack(self, *, multiple: bool = False) -> None:
        self.acknowledged.set()


async def test_what_is_delivered_while_the_client_still_starts_is_heard() -> None:
    """The broker may deliver before the answer to consume is dealt with; what is dropped then stays out for ever."""
    heard, delivery = Heard(), Delivery()
    broker = consuming_broker(
        "amqp://127.0.0.1:1", [(ORDERS, heard.submit)], prefetch=5, seconds=1, on_close=lambda: None
    )
    (subscriber,) = broker.subscribers
    assert not subscriber.running
    await cast(Any, subscriber).consume(delivery)
    async with asyncio.timeout(5):
        await delivery.acknowledged.wait()
    assert heard.bodies == [b"{}"]


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

    async def test_only_what_is_finished_is_acknowledged_in_whatever_order(
        self, make_bus: MakeBus, broker_url: str
    ) -> None:
        """One frame may acknowledge many messages; those that are still being dealt with must not be among them."""
        bus, finished = make_bus(broker_url), set[bytes]()
        chance = random.Random(11)
        stuck = {b'{"n":%d}' % number for number in (0, 7, 8, 31)}

        async def shuffled(body: bytes) -> None:
            for _ in range(chance.randrange(20)):
                await asyncio.sleep(0)
            if body in stuck:
                await asyncio.Event().wait()
            finished.add(body)

        bus.subscribe(ORDERS, shuffled)
        await bus.start()
        await connected(bus)
        await bus.publish([outgoing(number) for number in range(40)])
        await eventually(lambda: len(finished) == 36)
        await bus.stop()
        _, heard = await hearing(make_bus, broker_url)
        await eventually(lambda: stuck <= set(heard.bodies))
        assert set(heard.bodies) == stuck

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


async def sent(bus: Bus, row: Outgoing) -> bool:
    return await bus.publish([row]) == [True]


async def depth_is(bus: Bus, queue: str, depth: int) -> bool:
    return await bus.depth(queue) == depth


async def drained(bus: Bus) -> bool:
    """Nothing waits, nothing is unacknowledged: a stopped consumer gives nothing back."""
    return await bus.depth(ORDERS.queue) == 0
