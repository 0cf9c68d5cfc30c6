"""Queues: where messages wait, and how they are handed to consumers in turn.

`Queue` has the behaviour of RabbitMQ's classic queue, which is also the base of `quorum.QuorumQueue`; the two differ in
where returned messages go and in what is counted. `channel` implements `Consumer`; `topology` owns the queues;
`dead_letters` takes the messages that end here. Nothing awaits: a queue changes between two turns of the event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter
from typing import Protocol

from shared.broker.embedded.arguments import QueueOptions
from shared.broker.embedded.dead_letters import DeadLetters
from shared.broker.embedded.message import Message


class Consumer(Protocol):
    """What a queue asks of its consumers."""

    exclusive: bool
    in_turn: bool
    """Kept by the queue: whether the consumer stands in line for the next message."""

    def ready(self) -> bool:
        """Whether another message may be delivered now: prefetch not used up, socket not congested."""

    def deliver(self, entry: Entry) -> None:
        """Send the message."""

    def cancelled_by_broker(self) -> None:
        """Tell the client that the queue is gone."""


@dataclass(slots=True, eq=False)
class Entry:
    """A message's stay in one queue. `position` orders it among the others; `expires_at` is in loop time."""

    message: Message
    position: int
    expires_at: float | None = None
    returns: int = 0


class Queue:
    """A classic queue: messages return to their original place.

    `owner` is the connection an exclusive queue belongs to. Waiting messages are handed out as soon as a consumer may
    take them, so either none wait or no consumer is ready.
    """

    def __init__(self, name: str, options: QueueOptions, dead_letters: DeadLetters, owner: object | None) -> None:
        self.name = name
        self.options = options
        self.owner = owner
        self.durable = False
        self.auto_delete = False
        self.deleted = False
        self.consumers: list[Consumer] = []
        self._dead_letters = dead_letters
        self._ready: deque[Entry] = deque()
        self._turns: deque[Consumer] = deque()
        self._positions = 0
        self._expiry: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Messages that wait for a consumer (not those a consumer holds)."""
        return len(self._ready)

    def publish(self, message: Message) -> bool:
        """Take the message; False where the queue is full and says so to publishers."""
        if self.options.max_length is not None and self.options.reject_publish and self._is_full():
            return False
        self._positions += 1
        entry = Entry(message, self._positions)
        if self.options.message_ttl is not None:
            entry.expires_at = asyncio.get_running_loop().time() + self.options.message_ttl / 1000
        self._ready.append(entry)
        self._settle_down()
        return True

    def get(self) -> Entry | None:
        """Take the first waiting message, if any."""
        self._expire()
        entry = self._take() if len(self) else None
        self._settle_down()
        return entry

    def requeue(self, entries: list[Entry], by_client: bool) -> None:
        """Messages come back: rejected `by_client`, or because their consumer is gone."""
        if self.deleted:
            return
        for entry in entries:
            entry.returns += 1
        self._put_back(entries, by_client)
        self._settle_down()

    def discard(self, entries: Iterable[Entry], reason: str) -> None:
        """Messages end here; they go to the dead-letter exchange, if the queue has one."""
        if not self.deleted:
            for entry in entries:
                self._dead_letters.accept(entry.message, reason)

    def purge(self) -> int:
        """Drop what waits, without dead-lettering; return how many those were."""
        count = len(self)
        self._clear()
        return count

    def add_consumer(self, consumer: Consumer) -> None:
        """Start delivering to it."""
        self.consumers.append(consumer)
        self.wake(consumer)

    def remove_consumer(self, consumer: Consumer) -> None:
        """Stop delivering to it; what it holds stays with it."""
        self.consumers.remove(consumer)
        if consumer.in_turn:
            self._turns.remove(consumer)
            consumer.in_turn = False

    def refuses_consumer(self, exclusive: bool) -> bool:
        """Whether an exclusive consumer stands in the way of a new one, or others in the way of an exclusive one."""
        return any(consumer.exclusive for consumer in self.consumers) or (exclusive and bool(self.consumers))

    def wake(self, consumer: Consumer) -> None:
        """The consumer may be ready again: it acknowledged something, or its socket is free."""
        if not consumer.in_turn and consumer in self.consumers and consumer.ready():
            consumer.in_turn = True
            self._turns.append(consumer)
            self._settle_down()

    def delivered_headers(self, entry: Entry, *, by_get: bool) -> bytes:
        """The content header to send with a delivery. Classic queues add nothing to it."""
        del by_get
        return entry.message.header

    def close(self) -> None:
        """The queue is deleted: drop everything and tell the consumers."""
        self.deleted = True
        self._clear()
        self._dead_letters.close()
        self._turns.clear()
        consumers, self.consumers = self.consumers, []
        for consumer in consumers:
            consumer.cancelled_by_broker()

    def _settle_down(self) -> None:
        """Deliver what can be delivered, drop what is too much or too old."""
        while self._turns and len(self):
            consumer = self._turns.popleft()
            consumer.in_turn = False
            if consumer.ready():
                consumer.deliver(self._take())
                if consumer.ready():
                    consumer.in_turn = True
                    self._turns.append(consumer)
        limit = self.options.max_length
        if limit is not None and not self.options.reject_publish:
            while len(self) > limit:
                self.discard([self._take()], "maxlen")
        if self.options.message_ttl is not None:
            self._expire()

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        while len(self):
            due = self._first().expires_at
            if due is None:
                return
            if due > loop.time():
                if self._expiry is None:
                    self._expiry = loop.call_at(due, self._expiry_due)
                return
            self.discard([self._take()], "expired")

    def _expiry_due(self) -> None:
        self._expiry = None
        self._expire()

    def _is_full(self) -> bool:
        return self.options.max_length is not None and len(self) >= self.options.max_length

    def _first(self) -> Entry:
        return self._ready[0]

    def _take(self) -> Entry:
        return self._ready.popleft()

    def _put_back(self, entries: list[Entry], by_client: bool) -> None:
        del by_client
        place = attrgetter("position")
        entries = sorted(entries, key=place)
        if self._ready and entries[-1].position > self._ready[0].position:
            self._ready = deque(merge(entries, self._ready, key=place))
        else:
            self._ready.extendleft(reversed(entries))

    def _clear(self) -> None:
        self._ready.clear()
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
