"""Quorum queues: the queue type of every service, as RabbitMQ 3.10 behaves with one replica.

What differs from `queue.Queue`, each measured on the real one: returned messages stand in a line of their own, served
before the rest, in the order of their return; without a delivery limit what a client rejects goes to the end instead;
each return counts, a closed channel too; the count is shown in `x-delivery-count`; an exclusive consumer excludes
nobody; and a full queue refuses publishers only one message above its limit, then until it has shrunk to four fifths.
"""

from __future__ import annotations

from collections import deque

from shared.broker.embedded.arguments import QueueOptions
from shared.broker.embedded.dead_letters import DeadLetters
from shared.broker.embedded.queue import Entry, Queue

_RESUME_BELOW = 0.8


class QuorumQueue(Queue):
    """A queue with returns first, a delivery count and a delivery limit."""

    def __init__(self, name: str, options: QueueOptions, dead_letters: DeadLetters) -> None:
        super().__init__(name, options, dead_letters, owner=None)
        self._returned: deque[Entry] = deque()
        self._refusing = False

    def __len__(self) -> int:
        return len(self._returned) + len(self._ready)

    def refuses_consumer(self, exclusive: bool) -> bool:
        """Never: RabbitMQ ignores the flag on quorum queues."""
        return False

    def delivered_headers(self, entry: Entry, *, by_get: bool) -> bytes:
        """With the delivery count; a first delivery shows it (as 0) only to basic.get."""
        if entry.returns or by_get:
            return entry.message.header_with({"x-delivery-count": entry.returns})
        return entry.message.header

    def _settle_down(self) -> None:
        super()._settle_down()
        if self.options.max_length is not None:
            full = self.options.max_length * _RESUME_BELOW if self._refusing else self.options.max_length
            self._refusing = len(self) > full

    def _is_full(self) -> bool:
        return self._refusing

    def _first(self) -> Entry:
        return self._returned[0] if self._returned else self._ready[0]

    def _take(self) -> Entry:
        return self._returned.popleft() if self._returned else self._ready.popleft()

    def _put_back(self, entries: list[Entry], by_client: bool) -> None:
        limit = self.options.delivery_limit
        if limit is None:
            (self._ready if by_client else self._returned).extend(entries)
            return
        self._returned.extend(entry for entry in entries if entry.returns <= limit)
        self.discard([entry for entry in entries if entry.returns > limit], "delivery_limit")

    def _clear(self) -> None:
        super()._clear()
        self._returned.clear()
        self._refusing = False
