"""One client's socket: handshake, heartbeats, channels, and the flow of bytes in both directions.

What one turn of the event loop produces for a client is written at once. A client that does not read is neither served
nor listened to until it does, so that no buffer grows without bound. Whatever a client sends, the worst that happens is
the end of its own connection. Neighbours: `server` accepts, `handshake` opens, `channel` does the work.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from pamqp import commands, exceptions
from pamqp.base import Frame
from pamqp.frame import FrameTypes, marshal
from pamqp.heartbeat import Heartbeat

from shared.broker.embedded.channel import Channel
from shared.broker.embedded.frames import PROTOCOL_HEADER, FrameReader, decode
from shared.broker.embedded.handshake import Handshake
from shared.broker.embedded.publishing import Publisher
from shared.broker.embedded.topology import Topology

if TYPE_CHECKING:
    from shared.broker.embedded.server import Connections

_log = logging.getLogger(__name__)

_HANDSHAKE_TIMEOUT = 10.0
_CLOSE_TIMEOUT = 5.0
_UNWRITTEN_MAX = 1024 * 1024
_HEARTBEAT_FRAME = Heartbeat().marshal()


class Connection(asyncio.Protocol):
    """The broker's side of a connection."""

    def __init__(self, topology: Topology, connections: Connections) -> None:
        self.topology = topology
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the socket is gone."""
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader()
        self._handshake = Handshake()
        self._greeting = b""
        self._channels: dict[int, Channel] = {}
        self._closing = False
        self._congested = False
        self._unwritten: list[bytes] = []
        self._unwritten_size = 0
        self._unconfirmed: list[Publisher] = []
        self._flush_planned = False
        self._heard_at = self._wrote_at = self._loop.time()
        self._timer = self._loop.call_later(_HANDSHAKE_TIMEOUT, self.abort)

    @property
    def frame_max(self) -> int:
        """Octets."""
        return self._handshake.frame_max

    @property
    def notifies_cancel(self) -> bool:
        """Whether the client understands a basic.cancel from the broker."""
        return self._handshake.notifies_cancel

    @property
    def writable(self) -> bool:
        """Whether deliveries may be sent; replies always may."""
        return not (self._congested or self._closing) and self._unwritten_size < _UNWRITTEN_MAX

    def send(self, channel: int, frame: Frame) -> None:
        """Send a method frame."""
        self.write(marshal(frame, channel))

    def write(self, data: bytes) -> None:
        """Send encoded frames, together with what else this turn of the loop brings."""
        self._unwritten.append(data)
        self._unwritten_size += len(data)
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)

    def confirm_later(self, publisher: Publisher) -> None:
        """Let the publisher send its confirms at the end of this turn."""
        self._unconfirmed.append(publisher)

    def close(self, error: exceptions.AMQPError, cause: Frame | None = None) -> None:
        """Close because of `error`: say so, release everything, and wait a moment for the client to agree."""
        if self._closing:
            return
        class_id, method_id = _ids(cause)
        self.send(0, commands.Connection.Close(*_reply(error), class_id, method_id))
        self._release()
        self._flush()
        self._timer.cancel()
        self._timer = self._loop.call_later(_CLOSE_TIMEOUT, self.abort)

    def channel_closed(self, channel: Channel) -> None:
        """The client closed the channel, or agreed to its closing."""
        channel.publisher.flush_confirms()
        channel.release()
        self._channels.pop(channel.number, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_UNWRITTEN_MAX)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop: the socket is gone, what the client held goes back to the queues."""
        self._timer.cancel()
        self._release()
        self._unwritten.clear()
        self._connections.discard(self)
        self.lost.set_result(None)

    def pause_writing(self) -> None:
        """Called by the event loop: the client does not read fast enough."""
        self._congested = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by the event loop: it has caught up."""
        self._congested = False
        self._heard_at = self._loop.time()
        self._transport.resume_reading()
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._heard_at = self._loop.time()
        self._flush_planned = True
        if len(self._greeting) < len(PROTOCOL_HEADER):
            data = self._greet(data)
        try:
            for raw in self._reader.feed(data):
                self._receive(raw)
        except exceptions.AMQPFrameError as error:
            self.close(error)
            self._transport.close()  # nothing that follows can be understood
        self._flush()

    def _receive(self, raw: bytes) -> None:
        try:
            self._dispatch(raw)
        except exceptions.AMQPError as error:
            self.close(error)
        except exceptions.UnmarshalingException as error:
            self.close(exceptions.AMQPSyntaxError(str(error)))
        except Exception:
            _log.exception("the embedded broker failed; it closes the connection concerned")
            self.close(exceptions.AMQPInternalError("see the broker's log"))

    def _dispatch(self, raw: bytes) -> None:
        number, frame = decode(raw)
        if isinstance(frame, Heartbeat):
            return
        if self._closing:
            self._receive_last(frame)
        elif number and self._handshake.done:
            self._receive_on_channel(number, frame, raw)
        elif isinstance(frame, Frame) and not number:
            self._receive_on_connection(frame)
        else:
            raise exceptions.AMQPUnexpectedFrame("a frame of a channel before the connection is open")

    def _greet(self, data: bytes) -> bytes:
        """Take the protocol header; return what follows it."""
        missing = len(PROTOCOL_HEADER) - len(self._greeting)
        self._greeting += data[:missing]
        if not PROTOCOL_HEADER.startswith(self._greeting):
            self._transport.write(PROTOCOL_HEADER)  # so says the protocol to a client of another one
            self._closing = True
            self._transport.close()
            return b""
        if len(self._greeting) == len(PROTOCOL_HEADER):
            self.send(0, self._handshake.start())
        return data[missing:]

    def _receive_last(self, frame: FrameTypes) -> None:
        if isinstance(frame, commands.Connection.Close):
            self.send(0, commands.Connection.CloseOk())
        if isinstance(frame, commands.Connection.Close | commands.Connection.CloseOk):
            self._flush()
            self._transport.close()

    def _receive_on_connection(self, frame: Frame) -> None:
        if isinstance(frame, commands.Connection.Close):
            self._release()
            self._receive_last(frame)
            return
        if self._handshake.done:
            raise exceptions.AMQPCommandInvalid(f"unexpected {frame.name}")
        reply = self._handshake.receive(frame)
        if reply is not None:
            self.send(0, reply)
        if self._handshake.done:
            self._reader.frame_max = self._handshake.frame_max
            self._timer.cancel()
            self._beat()

    def _receive_on_channel(self, number: int, frame: FrameTypes, raw: bytes) -> None:
        channel = self._channels.get(number)
        if channel is None:
            self._open_channel(number, frame)
        elif channel.closing:
            if isinstance(frame, commands.Channel.Close):
                self.send(number, commands.Channel.CloseOk())
            if isinstance(frame, commands.Channel.Close | commands.Channel.CloseOk):
                del self._channels[number]
        else:
            try:
                channel.receive(frame, raw)
            except exceptions.AMQPSoftError as error:
                self._close_channel(channel, error, frame if isinstance(frame, Frame) else None)

    def _open_channel(self, number: int, frame: FrameTypes) -> None:
        if number > self._handshake.channel_max or not isinstance(frame, commands.Channel.Open):
            raise exceptions.AMQPChannelError(f"expected 'channel.open', channels up to {self._handshake.channel_max}")
        self._channels[number] = Channel(self, number)
        self.send(number, commands.Channel.OpenOk())

    def _close_channel(self, channel: Channel, error: exceptions.AMQPSoftError, cause: Frame | None) -> None:
        channel.publisher.flush_confirms()
        channel.release()
        class_id, method_id = _ids(cause)
        self.send(channel.number, commands.Channel.Close(*_reply(error), class_id, method_id))

    def _flush(self) -> None:
        self._flush_planned = False
        for publisher in self._unconfirmed:
            publisher.flush_confirms()
        self._unconfirmed.clear()
        data = b"".join(self._unwritten)
        was_writable = self.writable
        self._unwritten.clear()
        self._unwritten_size = 0
        if not data or self._transport.is_closing():
            return
        self._wrote_at = self._loop.time()
        self._transport.write(data)
        if not was_writable and self.writable:
            self._wake()

    def _wake(self) -> None:
        for channel in list(self._channels.values()):
            if not channel.closing:
                channel.wake()

    def _beat(self) -> None:
        """Twice per heartbeat interval: show that we live, and end a connection that shows no life."""
        interval = self._handshake.heartbeat
        if not interval:
            return
        now = self._loop.time()
        if now - self._heard_at > 2 * interval:
            _log.warning("no heartbeat for %s s, the connection is closed", 2 * interval)
            self.abort()
            return
        if now - self._wrote_at >= interval / 2 and not self._congested:
            self.write(_HEARTBEAT_FRAME)
        self._timer = self._loop.call_later(interval / 2, self._beat)

    def _release(self) -> None:
        """Give back all that belongs to this client, once."""
        self._closing = True
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            if not channel.closing:
                channel.release()
        self.topology.delete_owned_by(self)

    def abort(self) -> None:
        """End it without a word."""
        self._transport.abort()


def _ids(cause: Frame | None) -> tuple[int, int]:
    return (0, 0) if cause is None else divmod(cause.index, 0x10000)


def _reply(error: exceptions.AMQPError) -> tuple[int, str]:
    """Reply code and text of an error; pamqp's error classes carry both."""
    kind = vars(type(error))
    text = f"{kind['name'].replace('-', '_')} - {error}"
    return kind["value"], text.encode()[:255].decode(errors="ignore")
