"""Dead letters: where a queue's messages go when they end there, with the record of their death.

The `x-death` header is RabbitMQ's: one entry per (queue, reason), the newest first, with a count. At-least-once dead
letters wait here until every queue they are meant for has taken them. Built by `topology` for each queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.broker.embedded.arguments import QueueOptions
from shared.broker.embedded.message import Message

if TYPE_CHECKING:
    from shared.broker.embedded.queue import Queue

_RETRY_AFTER = 0.5

Route = Callable[[str, str], "Sequence[Queue]"]
"""(exchange, routing key) -> queues; none where the exchange does not exist."""


class DeadLetters:
    """The way out of the queue named `queue`; without a dead-letter exchange it leads nowhere."""

    def __init__(self, queue: str, options: QueueOptions, route: Route) -> None:
        self._queue = queue
        self._exchange = options.dead_letter_exchange
        self._routing_key = options.dead_letter_routing_key
        self._keep = options.at_least_once
        self._route = route
        self._waiting: list[tuple[Message, set[str]]] = []
        self._retry: asyncio.TimerHandle | None = None

    def accept(self, message: Message, reason: str) -> None:
        """Send the message on, because of `reason` (rejected, expired, maxlen or delivery_limit)."""
        if self._exchange is None:
            return
        key = message.routing_key if self._routing_key is None else self._routing_key
        headers = message.headers()
        deaths = _deaths(headers)
        fields = _record(message, self._queue, reason, headers, deaths)
        letter = Message(self._exchange, key, message.header_with(fields), message.body)
        avoid = set() if reason == "rejected" else _closed_circle(self._queue, deaths)
        self._send(letter, avoid)

    def close(self) -> None:
        """The queue is deleted: what waits is dropped with it."""
        self._waiting.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _send(self, letter: Message, done: set[str]) -> None:
        """Publish to each queue that is not in `done`; keep what is not taken where it must not be lost."""
        queues = self._route(letter.exchange, letter.routing_key)
        pending = [queue for queue in queues if queue.name not in done]
        taken = {queue.name for queue in pending if queue.publish(letter)}
        if self._keep and (not queues or len(taken) < len(pending)):
            self._waiting.append((letter, done | taken))
            if self._retry is None:
                self._retry = asyncio.get_running_loop().call_later(_RETRY_AFTER, self._send_waiting)

    def _send_waiting(self) -> None:
        self._retry = None
        waiting, self._waiting = self._waiting, []
        for letter, done in waiting:
            self._send(letter, done)


def _deaths(headers: dict[str, Any]) -> list[dict[str, Any]]:
    """The death record so far; a client may have sent anything under that name."""
    deaths = headers.get("x-death")
    return [death for death in deaths if isinstance(death, dict)] if isinstance(deaths, list) else []


def _record(
    message: Message, queue: str, reason: str, headers: dict[str, Any], deaths: list[dict[str, Any]]
) -> dict[str, Any]:
    known = next((death for death in deaths if (death.get("queue"), death.get("reason")) == (queue, reason)), None)
    if known is None:
        newest = {
            "count": 1,
            "reason": reason,
            "queue": queue,
            "time": datetime.now(UTC),
            "exchange": message.exchange,
            "routing-keys": [message.routing_key],
        }
    else:
        count = known.get("count")
        newest = {**known, "count": count + 1 if isinstance(count, int) else 1}
    fields: dict[str, Any] = {"x-death": [newest, *(death for death in deaths if death is not known)]}
    if "x-first-death-reason" not in headers:
        fields["x-first-death-reason"] = reason
        fields["x-first-death-queue"] = queue
        fields["x-first-death-exchange"] = message.exchange
    return fields


def _closed_circle(queue: str, deaths: list[dict[str, Any]]) -> set[str]:
    """Queues the message died in before without any client's doing: going there again would never end."""
    circle = {queue}
    for death in deaths:
        if death.get("reason") == "rejected":
            break
        circle.add(str(death.get("queue")))
    return circle
