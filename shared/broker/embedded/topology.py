"""The exchanges and queues of the broker, shared by all connections: finding, adding and removing them.

RabbitMQ calls this a virtual host; the embedded broker has one, `/`. `declarations` translates the clients' requests.
"""

from __future__ import annotations

from collections.abc import Sequence

from pamqp.exceptions import AMQPNotFound, AMQPResourceLocked

from shared.broker.embedded.arguments import QueueOptions
from shared.broker.embedded.dead_letters import DeadLetters
from shared.broker.embedded.exchange import DefaultExchange, Exchange
from shared.broker.embedded.queue import Queue
from shared.broker.embedded.quorum import QuorumQueue

VIRTUAL_HOST = "/"


class Topology:
    """All exchanges and queues by name."""

    def __init__(self) -> None:
        self.queues: dict[str, Queue] = {}
        self.exchanges: dict[str, Exchange] = {"": DefaultExchange(self.queues)}

    def exchange(self, name: str) -> Exchange:
        """The exchange; raises AMQPNotFound."""
        try:
            return self.exchanges[name]
        except KeyError:
            raise AMQPNotFound(f"no exchange '{name}' in vhost '/'") from None

    def queue(self, name: str, connection: object) -> Queue:
        """The queue, for use by `connection`; raises AMQPNotFound, or AMQPResourceLocked where another owns it."""
        queue = self.queues.get(name)
        if queue is None:
            raise AMQPNotFound(f"no queue '{name}' in vhost '/'")
        if queue.owner is not None and queue.owner is not connection:
            raise locked(name)
        return queue

    def route(self, exchange: str, routing_key: str) -> Sequence[Queue]:
        """The queues a message goes to; none where there is no such exchange."""
        found = self.exchanges.get(exchange)
        return () if found is None else found.route(routing_key)

    def add_queue(self, name: str, options: QueueOptions, owner: object | None) -> Queue:
        """A new queue; `owner` is the connection that alone may use it."""
        dead_letters = DeadLetters(name, options, self.route)
        if options.quorum:
            queue: Queue = QuorumQueue(name, options, dead_letters)
        else:
            queue = Queue(name, options, dead_letters, owner)
        self.queues[name] = queue
        return queue

    def delete_queue(self, queue: Queue) -> int:
        """Delete the queue with its bindings; return how many messages waited in it."""
        if self.queues.pop(queue.name, None) is None:
            return 0
        for exchange in self.exchanges.values():
            exchange.forget(queue)
        count = len(queue)
        queue.close()
        return count

    def consumer_left(self, queue: Queue) -> None:
        """Delete an auto-delete queue with its last consumer."""
        if queue.auto_delete and not queue.consumers:
            self.delete_queue(queue)

    def delete_owned_by(self, connection: object) -> None:
        """Delete the exclusive queues of a connection that ends."""
        for queue in [queue for queue in self.queues.values() if queue.owner is connection]:
            self.delete_queue(queue)

    def close(self) -> None:
        """Drop everything; no timer is left behind."""
        for queue in list(self.queues.values()):
            self.delete_queue(queue)


def locked(queue: str) -> AMQPResourceLocked:
    """The refusal of access to another connection's exclusive queue."""
    return AMQPResourceLocked(
        f"cannot obtain exclusive access to locked queue '{queue}' in vhost '/'. It could be originally declared on "
        "another connection or the exclusive property value does not match that of the original declaration."
    )
