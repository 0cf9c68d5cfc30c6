"""A network that may lose, repeat, delay and reorder: queues in memory, routed as the broker routes.

It carries the real bodies between the real handlers; only the transport is ours, so that a history decides what arrives
when.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence

from shared.broker import Bus, Outgoing, Subscription
from shared.broker.topology import routing_key


class Network:
    """All queues of all services; two replicas of a service share theirs."""

    def __init__(self) -> None:
        self.queues: defaultdict[str, list[bytes]] = defaultdict(list)
        self.buses: defaultdict[str, list[tuple[NetworkBus, Subscription]]] = defaultdict(list)

    def route(self, row: Outgoing) -> None:
        """Put the message in every queue bound for it."""
        key = routing_key(row.message, row.shop, row.detail)
        for queue, consumers in self.buses.items():
            if any(_matches(binding, key) for binding in consumers[0][1].bindings):
                self.queues[queue].append(row.body)

    @property
    def waiting(self) -> int:
        return sum(map(len, self.queues.values()))

    def lose(self, chance: random.Random, share: float) -> None:
        """Drop this share of what is under way."""
        for queue, bodies in self.queues.items():
            self.queues[queue] = [body for body in bodies if chance.random() >= share]

    async def deliver(self, chance: random.Random, *, share: float = 1.0, repeat: float = 0.0) -> int:
        """Deliver a share of what is under way, shuffled, some of it twice, to either replica at the same time."""
        work = []
        for queue in sorted(self.queues):
            bodies = self.queues[queue]
            chance.shuffle(bodies)
            count = max(1, round(len(bodies) * share)) if bodies else 0
            taken, self.queues[queue] = bodies[:count], bodies[count:]
            for body in taken:
                for _ in range(2 if chance.random() < repeat else 1):
                    bus, subscription = chance.choice(self.buses[queue])
                    work.append(bus.receive(subscription, body))
        await asyncio.gather(*work)
        return len(work)


class NetworkBus(Bus):
    """One replica's place on the network."""

    def __init__(self, network: Network, service: str) -> None:
        super().__init__("memory", service=service)
        self.network = network
        self.connected.set()

    async def start(self) -> None:
        for subscription in self.subscriptions:
            self.network.buses[subscription.queue].append((self, subscription))

    async def publish(self, rows: Sequence[Outgoing]) -> list[bool]:
        for row in rows:
            self.network.route(row)
        return [True] * len(rows)

    async def publish_hints(self, hints: Sequence[tuple[str, int]]) -> None:
        return None

    async def depth(self, queue: str) -> int | None:
        return len(self.network.queues[queue])

    async def receive(self, subscription: Subscription, body: bytes) -> None:
        """Hand one message to this replica's consumer."""
        submit = next(submit for known, submit in self._subscriptions if known == subscription)
        await submit(body)


def _matches(binding: str, key: str) -> bool:
    """Topic matching as far as our bindings need it: `*` is one word, a final `#` any number."""
    if binding.endswith(".#"):
        return key.startswith(binding[:-1])
    pattern, words = binding.split("."), key.split(".")
    return len(pattern) == len(words) and all(p in {"*", w} for p, w in zip(pattern, words, strict=True))
