"""The publishing half of a channel: putting a message together from its frames, routing it, confirming it.

Confirms are sent once per turn of the socket and cover all that was taken by then. `channel` forwards the frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pamqp import commands, exceptions
from pamqp.header import ContentHeader

from shared.broker.embedded.frames import content
from shared.broker.embedded.message import Message

if TYPE_CHECKING:
    from shared.broker.embedded.connection import Connection

_MESSAGE_MAX = 128 * 1024 * 1024  # RabbitMQ's own limit
_CONTENT_HEADER = slice(7, -1)  # of a frame: what lies between its head and its end mark


class Publisher:
    """Takes basic.publish, its content header and body frames, in this order and nothing between them."""

    def __init__(self, connection: Connection, channel: int) -> None:
        self._connection = connection
        self._channel = channel
        self._method: commands.Basic.Publish | None = None
        self._header = b""
        self._body: list[bytes] = []
        self._missing = 0
        self._confirms = False
        self._published = 0
        self._confirmed = 0

    @property
    def in_content(self) -> bool:
        """Whether the next frame must be a part of a message."""
        return self._method is not None

    def select_confirms(self) -> None:
        """From now on every message is confirmed; they are counted from 1."""
        self._confirms = True

    def begin(self, method: commands.Basic.Publish) -> None:
        """A message begins."""
        if method.immediate:
            raise exceptions.AMQPNotImplemented("immediate=true")
        self._method = method
        self._header = b""

    def header(self, frame: ContentHeader, raw: bytes) -> None:
        """Its content header: properties and size of the body."""
        if self._method is None or self._header:
            raise exceptions.AMQPUnexpectedFrame("a content header without basic.publish")
        if frame.class_id != commands.Basic.frame_id or raw[20] & 1:
            raise exceptions.AMQPSyntaxError("not a content header of class basic")
        if frame.properties.expiration is not None:
            raise exceptions.AMQPNotImplemented("a message's own expiration; x-message-ttl of the queue is known")
        if frame.body_size > _MESSAGE_MAX:
            raise exceptions.AMQPPreconditionFailed(
                f"message size {frame.body_size} is larger than configured max size {_MESSAGE_MAX}"
            )
        self._header = raw[_CONTENT_HEADER]
        self._missing = frame.body_size
        self._body.clear()
        if not self._missing:
            self._complete(self._method)

    def body(self, value: bytes) -> None:
        """A piece of its body."""
        if self._method is None or not self._header or len(value) > self._missing:
            raise exceptions.AMQPUnexpectedFrame("a content body where none was due")
        self._body.append(value)
        self._missing -= len(value)
        if not self._missing:
            self._complete(self._method)

    def flush_confirms(self) -> None:
        """Confirm all messages taken since the last time with one frame."""
        if self._confirmed < self._published:
            several = self._published - self._confirmed > 1
            self._confirmed = self._published
            self._connection.send(self._channel, commands.Basic.Ack(self._published, several))

    def _complete(self, method: commands.Basic.Publish) -> None:
        self._method = None
        topology = self._connection.topology
        queues = topology.exchange(method.exchange).route(method.routing_key)
        message = Message(method.exchange, method.routing_key, self._header, b"".join(self._body))
        if method.mandatory and not queues:
            returned = commands.Basic.Return(312, "NO_ROUTE", message.exchange, message.routing_key)
            self._connection.write(
                content(self._channel, returned, message.header, message.body, self._connection.frame_max)
            )
        refused = [queue for queue in queues if not queue.publish(message)]
        if self._confirms:
            self._confirm(bool(refused))

    def _confirm(self, refused: bool) -> None:
        if refused:
            self.flush_confirms()
            self._published += 1
            self._confirmed = self._published
            self._connection.send(self._channel, commands.Basic.Nack(self._published, False, False))
        else:
            self._published += 1
            self._connection.confirm_later(self)
