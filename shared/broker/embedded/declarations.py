"""The requests that change the topology: exchange.declare to queue.purge, each a function from request to reply.

Names, owners and equality are checked as RabbitMQ does, in its order: the same mistake gets the same reply code.
`channel` calls `answer` for every frame whose type is in `REQUESTS`; `topology` holds the result.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from pamqp import commands, exceptions
from pamqp.base import Frame

from shared.broker.embedded.arguments import QueueOptions, inequivalent
from shared.broker.embedded.exchange import Exchange
from shared.broker.embedded.queue import Queue
from shared.broker.embedded.topology import Topology, locked

_RESERVED = "amq."
_REPLY_TO = "amq.rabbitmq.reply-to"  # RabbitMQ's queue that is none; FastStream looks for it whenever it starts


def answer(topology: Topology, connection: object, request: Frame) -> Frame:
    """Carry out the request of `connection`; raises AMQPError where it is refused."""
    return REQUESTS[type(request)](topology, connection, request)


def _declare_exchange(topology: Topology, _connection: object, request: commands.Exchange.Declare) -> Frame:
    if request.passive:
        topology.exchange(request.exchange)
        return commands.Exchange.DeclareOk()
    _refuse_default(request.exchange)
    _refuse_reserved("exchange", request.exchange)
    kind = request.exchange_type
    if kind not in ("topic", "direct", "fanout", "headers"):
        raise exceptions.AMQPCommandInvalid(f"unknown exchange type '{kind}'")
    if kind in ("fanout", "headers") or request.auto_delete or request.internal or request.arguments:
        raise exceptions.AMQPNotImplemented("the embedded broker has plain topic and direct exchanges only")
    known = topology.exchanges.get(request.exchange)
    if known is None:
        topology.exchanges[request.exchange] = Exchange(request.exchange, kind, request.durable)
    elif known.kind != kind:
        raise inequivalent("exchange", known.name, "type", kind, known.kind)
    elif known.durable != request.durable:
        raise inequivalent("exchange", known.name, "durable", request.durable, known.durable)
    return commands.Exchange.DeclareOk()


def _delete_exchange(topology: Topology, _connection: object, request: commands.Exchange.Delete) -> Frame:
    _refuse_default(request.exchange)
    known = topology.exchanges.get(request.exchange)
    if known is not None and request.if_unused and known.bindings:
        raise exceptions.AMQPPreconditionFailed(f"exchange '{known.name}' in vhost '/' in use")
    topology.exchanges.pop(request.exchange, None)
    return commands.Exchange.DeleteOk()


def _declare_queue(topology: Topology, connection: object, request: commands.Queue.Declare) -> Frame:
    if request.queue == _REPLY_TO:
        return commands.Queue.DeclareOk(request.queue, 0, 1)
    if request.passive:
        queue = topology.queue(request.queue, connection)
    else:
        _refuse_reserved("queue", request.queue)
        known = topology.queues.get(request.queue)
        if known is None:
            queue = _add_queue(topology, connection, request)
        else:
            _require_equal(known, connection, request)
            queue = known
    return commands.Queue.DeclareOk(queue.name, len(queue), len(queue.consumers))


def _add_queue(topology: Topology, connection: object, request: commands.Queue.Declare) -> Queue:
    options = QueueOptions.parse(request.queue, request.arguments or {})
    if options.quorum:
        _refuse_for_quorum(request)
    name = request.queue or f"{_RESERVED}gen-{secrets.token_urlsafe(16)}"
    queue = topology.add_queue(name, options, owner=connection if request.exclusive else None)
    queue.durable = request.durable
    queue.auto_delete = request.auto_delete
    return queue


def _refuse_for_quorum(request: commands.Queue.Declare) -> None:
    if not request.queue:
        raise exceptions.AMQPPreconditionFailed("Cannot declare a server-named queue for type rabbit_quorum_queue")
    wrong = {
        "non-durable": not request.durable,
        "auto-delete": request.auto_delete,
        "exclusive-owner": request.exclusive,
    }
    for name, given in wrong.items():
        if given:
            raise exceptions.AMQPPreconditionFailed(
                f"invalid property '{name}' for queue '{request.queue}' in vhost '/'"
            )


def _require_equal(queue: Queue, connection: object, request: commands.Queue.Declare) -> None:
    if queue.owner is not (connection if request.exclusive else None):
        raise locked(queue.name)
    if queue.durable != request.durable:
        raise inequivalent("queue", queue.name, "durable", request.durable, queue.durable)
    if queue.auto_delete != request.auto_delete:
        raise inequivalent("queue", queue.name, "auto_delete", request.auto_delete, queue.auto_delete)
    queue.options.require_equal(queue.name, request.arguments or {})


def _bind(topology: Topology, connection: object, request: commands.Queue.Bind) -> Frame:
    _refuse_default(request.exchange)
    exchange = topology.exchange(request.exchange)
    exchange.bind(request.routing_key, topology.queue(request.queue, connection))
    return commands.Queue.BindOk()


def _unbind(topology: Topology, _connection: object, request: commands.Queue.Unbind) -> Frame:
    """What does not exist is unbound already; RabbitMQ does not check the owner either."""
    _refuse_default(request.exchange)
    exchange, queue = topology.exchanges.get(request.exchange), topology.queues.get(request.queue)
    if exchange is not None and queue is not None:
        exchange.unbind(request.routing_key, queue)
    return commands.Queue.UnbindOk()


def _delete_queue(topology: Topology, connection: object, request: commands.Queue.Delete) -> Frame:
    if request.queue not in topology.queues:
        return commands.Queue.DeleteOk(0)
    queue = topology.queue(request.queue, connection)
    if queue.options.quorum and (request.if_empty or request.if_unused):
        flag = "if-empty" if request.if_empty else "if-unused"
        raise exceptions.AMQPNotImplemented(
            f"cannot delete queue '{queue.name}' in vhost '/'. "
            f"queue.delete operations with {flag} flag set are not supported by quorum queues"
        )
    if request.if_unused and queue.consumers:
        raise exceptions.AMQPPreconditionFailed(f"queue '{queue.name}' in vhost '/' in use")
    if request.if_empty and len(queue):
        raise exceptions.AMQPPreconditionFailed(f"queue '{queue.name}' in vhost '/' not empty")
    return commands.Queue.DeleteOk(topology.delete_queue(queue))


def _purge_queue(topology: Topology, connection: object, request: commands.Queue.Purge) -> Frame:
    return commands.Queue.PurgeOk(topology.queue(request.queue, connection).purge())


def _refuse_default(exchange: str) -> None:
    if not exchange:
        raise exceptions.AMQPAccessRefused("operation not permitted on the default exchange")


def _refuse_reserved(kind: str, name: str) -> None:
    if name.startswith(_RESERVED):
        raise exceptions.AMQPAccessRefused(f"{kind} name '{name}' contains reserved prefix 'amq.*'")


REQUESTS: dict[type[Frame], Callable[[Topology, object, Any], Frame]] = {
    commands.Exchange.Declare: _declare_exchange,
    commands.Exchange.Delete: _delete_exchange,
    commands.Queue.Declare: _declare_queue,
    commands.Queue.Bind: _bind,
    commands.Queue.Unbind: _unbind,
    commands.Queue.Delete: _delete_queue,
    commands.Queue.Purge: _purge_queue,
}
