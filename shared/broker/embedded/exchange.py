"""Exchanges: which queues a routing key leads to.

Bindings are compiled when they are made (a table for direct exchanges, a tree of words for topic ones) and the answer
for a routing key is remembered, so that routing a message costs one look-up. `topology` owns the exchanges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from shared.broker.embedded.queue import Queue

_REMEMBERED_KEYS = 10_000


class _Bindings(Protocol):
    def add(self, pattern: str, queue: Queue) -> None: ...
    def remove(self, pattern: str, queue: Queue) -> None: ...
    def match(self, routing_key: str) -> list[Queue]: ...


class Exchange:
    """A named exchange of `kind` direct or topic; `route` gives each queue once, however many bindings match."""

    def __init__(self, name: str, kind: str, durable: bool) -> None:
        self.name = name
        self.kind = kind
        self.durable = durable
        self.bindings: set[tuple[str, Queue]] = set()
        self._compiled: _Bindings = _TopicBindings() if kind == "topic" else _DirectBindings()
        self._routes: dict[str, tuple[Queue, ...]] = {}

    def bind(self, pattern: str, queue: Queue) -> None:
        """Make the binding; one that exists stays as it is."""
        if (pattern, queue) not in self.bindings:
            self.bindings.add((pattern, queue))
            self._compiled.add(pattern, queue)
            self._routes.clear()

    def unbind(self, pattern: str, queue: Queue) -> None:
        """Remove the binding; one that does not exist is no error, as in RabbitMQ."""
        if (pattern, queue) in self.bindings:
            self.bindings.remove((pattern, queue))
            self._compiled.remove(pattern, queue)
            self._routes.clear()

    def forget(self, queue: Queue) -> None:
        """Remove every binding of a deleted queue."""
        for pattern, bound in [binding for binding in self.bindings if binding[1] is queue]:
            self.unbind(pattern, bound)

    def route(self, routing_key: str) -> tuple[Queue, ...]:
        """The queues a message with this key goes to."""
        known = self._routes.get(routing_key)
        if known is None:
            if len(self._routes) >= _REMEMBERED_KEYS:
                self._routes.clear()
            known = self._routes[routing_key] = tuple(dict.fromkeys(self._compiled.match(routing_key)))
        return known


class DefaultExchange(Exchange):
    """The nameless exchange: every queue is bound to it with its own name, and nobody may change that."""

    def __init__(self, queues: dict[str, Queue]) -> None:
        super().__init__("", "direct", durable=True)
        self._queues = queues

    def route(self, routing_key: str) -> tuple[Queue, ...]:
        """The queue of that name, if there is one."""
        queue = self._queues.get(routing_key)
        return () if queue is None else (queue,)


class _DirectBindings:
    def __init__(self) -> None:
        self._queues: dict[str, list[Queue]] = {}

    def add(self, pattern: str, queue: Queue) -> None:
        self._queues.setdefault(pattern, []).append(queue)

    def remove(self, pattern: str, queue: Queue) -> None:
        self._queues[pattern].remove(queue)
        if not self._queues[pattern]:
            del self._queues[pattern]

    def match(self, routing_key: str) -> list[Queue]:
        return self._queues.get(routing_key, [])


class _Node:
    """One word of the patterns that share a beginning; `queues` are those whose pattern ends here."""

    def __init__(self) -> None:
        self.queues: list[Queue] = []
        self.next: dict[str, _Node] = {}


class _TopicBindings:
    """Patterns of words between dots: `*` stands for one word, `#` for any number of them."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, pattern: str, queue: Queue) -> None:
        node = self._root
        for word in _words(pattern):
            node = node.next.setdefault(word, _Node())
        node.queues.append(queue)

    def remove(self, pattern: str, queue: Queue) -> None:
        path = [self._root]
        words = _words(pattern)
        for word in words:
            path.append(path[-1].next[word])
        path[-1].queues.remove(queue)
        for parent, word, node in zip(reversed(path[:-1]), reversed(words), reversed(path[1:]), strict=True):
            if not node.queues and not node.next:
                del parent.next[word]

    def match(self, routing_key: str) -> list[Queue]:
        words = _words(routing_key)
        found: list[Queue] = []
        seen: set[tuple[int, int]] = set()  # several `#` in one pattern reach the same place on many ways
        pending = [(self._root, 0)]
        while pending:
            node, at = pending.pop()
            if (id(node), at) in seen:
                continue
            seen.add((id(node), at))
            any_number = node.next.get("#")
            if any_number is not None:
                pending.extend((any_number, later) for later in range(at, len(words) + 1))
            if at == len(words):
                found.extend(node.queues)
                continue
            pending.extend((node.next[word], at + 1) for word in (words[at], "*") if word in node.next and word != "#")
        return found


def _words(text: str) -> list[str]:
    return text.split(".") if text else []
