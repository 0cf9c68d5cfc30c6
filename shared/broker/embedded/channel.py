"""One channel of a connection: its consumers, what they have not settled yet, and the dispatch of its frames.

A channel error closes the channel alone, with RabbitMQ's reply codes; what was unsettled then returns to its queues.
Neighbours: `connection` owns channels, `publishing` is a channel's other half, `declarations` answers exchange and
queue requests, `queue` calls back through `ChannelConsumer`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pamqp import commands, exceptions
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.frame import FrameTypes
from pamqp.header import ContentHeader

from shared.broker.embedded import declarations
from shared.broker.embedded.frames import content
from shared.broker.embedded.publishing import Publisher
from shared.broker.embedded.queue import Entry, Queue

if TYPE_CHECKING:
    from shared.broker.embedded.connection import Connection


class ChannelConsumer:
    """A basic.consume that stands; `queue` sees it as its `Consumer`."""

    def __init__(self, channel: Channel, queue: Queue, tag: str, no_ack: bool, exclusive: bool) -> None:
        self.queue = queue
        self.tag = tag
        self.no_ack = no_ack
        self.exclusive = exclusive
        self.in_turn = False
        self.unsettled = 0
        self._channel = channel
        self._prefetch = 0 if no_ack else channel.prefetch

    def ready(self) -> bool:
        """Whether another message may be delivered now."""
        return self._channel.connection.writable and not 0 < self._prefetch <= self.unsettled

    def deliver(self, entry: Entry) -> None:
        """Send the message."""
        self._channel.deliver(self, entry)

    def cancelled_by_broker(self) -> None:
        """Tell the client that the queue is gone."""
        self._channel.cancelled_by_broker(self)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A message the client has not settled; `consumer` is None for basic.get."""

    entry: Entry
    queue: Queue
    consumer: ChannelConsumer | None


class Channel:
    """An open channel. After `close` it only waits for the client's close-ok."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.connection = connection
        self.number = number
        self.prefetch = 0
        self.closing = False
        self.publisher = Publisher(connection, number)
        self._consumers: dict[str, ChannelConsumer] = {}
        self._unsettled: dict[int, _Delivery] = {}
        self._delivered = 0

    def receive(self, frame: FrameTypes, raw: bytes) -> None:
        """Act on one frame; raises AMQPError (a soft one closes this channel, a hard one the connection)."""
        if isinstance(frame, ContentHeader):
            self.publisher.header(frame, raw)
        elif isinstance(frame, ContentBody):
            self.publisher.body(frame.value)
        elif self.publisher.in_content or not isinstance(frame, Frame):
            raise exceptions.AMQPUnexpectedFrame(f"expected content, got {frame.name} instead")
        elif isinstance(frame, commands.Basic.Publish):
            self.publisher.begin(frame)
        elif type(frame) in declarations.REQUESTS:
            reply = declarations.answer(self.connection.topology, self.connection, frame)
            self._reply(frame, reply)
        else:
            handler = _HANDLERS.get(type(frame))
            if handler is None:
                raise exceptions.AMQPNotImplemented(f"the embedded broker has no {frame.name}")
            handler(self, frame)

    def deliver(self, consumer: ChannelConsumer, entry: Entry) -> None:
        """Send a message to one of this channel's consumers."""
        queue, message = consumer.queue, entry.message
        self._delivered += 1
        if not consumer.no_ack:
            self._unsettled[self._delivered] = _Delivery(entry, queue, consumer)
            consumer.unsettled += 1
        method = commands.Basic.Deliver(
            consumer.tag, self._delivered, entry.returns > 0, message.exchange, message.routing_key
        )
        header = queue.delivered_headers(entry, by_get=False)
        self.connection.write(content(self.number, method, header, message.body, self.connection.frame_max))

    def cancelled_by_broker(self, consumer: ChannelConsumer) -> None:
        """The consumer's queue was deleted."""
        self._consumers.pop(consumer.tag, None)
        if self.connection.notifies_cancel:
            self.connection.send(self.number, commands.Basic.Cancel(consumer.tag, True))

    def wake(self) -> None:
        """The socket is free again: consumers may go on."""
        for consumer in list(self._consumers.values()):
            consumer.queue.wake(consumer)

    def release(self) -> None:
        """The channel ends: consumers leave, unsettled messages go back."""
        self.closing = True
        consumers, self._consumers = self._consumers, {}
        for consumer in consumers.values():
            consumer.queue.remove_consumer(consumer)
        unsettled, self._unsettled = self._unsettled, {}
        self._requeue(unsettled.values(), by_client=False)
        for consumer in consumers.values():
            self.connection.topology.consumer_left(consumer.queue)

    def _reply(self, request: Any, reply: Frame) -> None:
        if not getattr(request, "nowait", False):  # queue.unbind has no such flag
            self.connection.send(self.number, reply)

    def _on_close(self, _frame: commands.Channel.Close) -> None:
        self.connection.channel_closed(self)
        self.connection.send(self.number, commands.Channel.CloseOk())

    def _on_flow(self, frame: commands.Channel.Flow) -> None:
        if not frame.active:
            raise exceptions.AMQPNotImplemented("active=false")
        self.connection.send(self.number, commands.Channel.FlowOk(True))

    def _on_select_confirms(self, frame: commands.Confirm.Select) -> None:
        self.publisher.select_confirms()
        self._reply(frame, commands.Confirm.SelectOk())

    def _on_qos(self, frame: commands.Basic.Qos) -> None:
        if frame.prefetch_size:
            raise exceptions.AMQPNotImplemented(f"prefetch_size!=0 ({frame.prefetch_size})")
        if frame.global_:
            raise exceptions.AMQPNotImplemented("a prefetch for the whole channel")
        self.prefetch = frame.prefetch_count
        self.connection.send(self.number, commands.Basic.QosOk())

    def _on_consume(self, frame: commands.Basic.Consume) -> None:
        queue = self.connection.topology.queue(frame.queue, self.connection)
        if frame.consumer_tag in self._consumers:
            raise exceptions.AMQPNotAllowed(f"attempt to reuse consumer tag '{frame.consumer_tag}'")
        if queue.refuses_consumer(frame.exclusive):
            raise exceptions.AMQPAccessRefused(f"queue '{queue.name}' in vhost '/' in exclusive use")
        tag = frame.consumer_tag or f"amq.ctag-{secrets.token_urlsafe(16)}"
        consumer = self._consumers[tag] = ChannelConsumer(self, queue, tag, frame.no_ack, frame.exclusive)
        self._reply(frame, commands.Basic.ConsumeOk(tag))
        queue.add_consumer(consumer)

    def _on_cancel(self, frame: commands.Basic.Cancel) -> None:
        consumer = self._consumers.pop(frame.consumer_tag or "", None)
        if consumer is not None:
            consumer.queue.remove_consumer(consumer)
        self._reply(frame, commands.Basic.CancelOk(frame.consumer_tag))
        if consumer is not None:
            self.connection.topology.consumer_left(consumer.queue)

    def _on_get(self, frame: commands.Basic.Get) -> None:
        queue = self.connection.topology.queue(frame.queue, self.connection)
        entry = queue.get()
        if entry is None:
            self.connection.send(self.number, commands.Basic.GetEmpty())
            return
        message = entry.message
        self._delivered += 1
        if not frame.no_ack:
            self._unsettled[self._delivered] = _Delivery(entry, queue, None)
        method = commands.Basic.GetOk(
            self._delivered, entry.returns > 0, message.exchange, message.routing_key, len(queue)
        )
        header = queue.delivered_headers(entry, by_get=True)
        self.connection.write(content(self.number, method, header, message.body, self.connection.frame_max))

    def _on_ack(self, frame: commands.Basic.Ack) -> None:
        self._wake_consumers_of(self._settled(frame.delivery_tag, frame.multiple))

    def _on_nack(self, frame: commands.Basic.Nack) -> None:
        self._refuse(self._settled(frame.delivery_tag, frame.multiple), frame.requeue)

    def _on_reject(self, frame: commands.Basic.Reject) -> None:
        self._refuse(self._settled(frame.delivery_tag or 0, multiple=False), frame.requeue)

    def _settled(self, tag: int, multiple: bool) -> list[_Delivery]:
        """Take the deliveries a client settles, oldest first; tag 0 with `multiple` means all."""
        if multiple and tag == 0:
            tags = list(self._unsettled)
        elif tag not in self._unsettled:
            raise exceptions.AMQPPreconditionFailed(f"unknown delivery tag {tag}")
        else:
            tags = list(takewhile(lambda known: known <= tag, self._unsettled)) if multiple else [tag]
        deliveries = [self._unsettled.pop(known) for known in tags]
        for delivery in deliveries:
            if delivery.consumer is not None:
                delivery.consumer.unsettled -= 1
        return deliveries

    def _refuse(self, deliveries: list[_Delivery], requeue: bool) -> None:
        if requeue:
            self._requeue(deliveries, by_client=True)
        else:
            for delivery in deliveries:
                delivery.queue.discard([delivery.entry], "rejected")
        self._wake_consumers_of(deliveries)

    def _requeue(self, deliveries: Iterable[_Delivery], by_client: bool) -> None:
        by_queue: dict[Queue, list[Entry]] = {}
        for delivery in deliveries:
            by_queue.setdefault(delivery.queue, []).append(delivery.entry)
        for queue, entries in by_queue.items():
            queue.requeue(entries, by_client)

    def _wake_consumers_of(self, deliveries: list[_Delivery]) -> None:
        for consumer in dict.fromkeys(delivery.consumer for delivery in deliveries):
            if consumer is not None:
                consumer.queue.wake(consumer)


_HANDLERS: dict[type[Frame], Callable[[Channel, Any], None]] = {
    commands.Channel.Close: Channel._on_close,
    commands.Channel.Flow: Channel._on_flow,
    commands.Confirm.Select: Channel._on_select_confirms,
    commands.Basic.Qos: Channel._on_qos,
    commands.Basic.Consume: Channel._on_consume,
    commands.Basic.Cancel: Channel._on_cancel,
    commands.Basic.Get: Channel._on_get,
    commands.Basic.Ack: Channel._on_ack,
    commands.Basic.Nack: Channel._on_nack,
    commands.Basic.Reject: Channel._on_reject,
}
