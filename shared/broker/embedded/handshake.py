"""The first four frames of a connection: start, tune, open. Kept apart from `connection` since it is over then.

Any user name and password are good: the broker listens on loopback only, for the processes of one user's laptop.
"""

from __future__ import annotations

from pamqp import commands, constants, exceptions
from pamqp.base import Frame
from pamqp.common import FieldTable

from shared.broker.embedded.topology import VIRTUAL_HOST

CHANNEL_MAX = 2047
HEARTBEAT = 60

_SERVER_PROPERTIES: FieldTable = {
    "product": "Comptoir embedded broker",
    "platform": "Python",
    "capabilities": {
        "publisher_confirms": True,
        "basic.nack": True,
        "consumer_cancel_notify": True,
        "per_consumer_qos": True,
        "authentication_failure_close": True,
    },
}


class Handshake:
    """Asks and answers until `done`; then the limits that client and broker agreed on stand in its attributes."""

    def __init__(self) -> None:
        self.done = False
        self.notifies_cancel = False
        """Whether the client understands a basic.cancel from the broker."""
        self.frame_max = constants.FRAME_MAX_SIZE
        self.channel_max = CHANNEL_MAX
        self.heartbeat = HEARTBEAT
        """Seconds; 0 is none."""
        self._expected: type[Frame] = commands.Connection.StartOk

    def start(self) -> Frame:
        """The broker's first frame."""
        return commands.Connection.Start(server_properties=_SERVER_PROPERTIES, mechanisms="PLAIN", locales="en_US")

    def receive(self, frame: Frame) -> Frame | None:
        """The reply to the client's next frame, if it wants one; raises AMQPError where the client is refused."""
        if not isinstance(frame, self._expected):
            raise exceptions.AMQPCommandInvalid(f"expected {self._expected.name}, got {frame.name}")
        if isinstance(frame, commands.Connection.StartOk):
            return self._tune(frame)
        if isinstance(frame, commands.Connection.TuneOk):
            self._tuned(frame)
            return None
        if isinstance(frame, commands.Connection.Open) and frame.virtual_host != VIRTUAL_HOST:
            raise exceptions.AMQPNotAllowed(f"vhost {frame.virtual_host} not found")
        self.done = True
        return commands.Connection.OpenOk()

    def _tune(self, frame: commands.Connection.StartOk) -> Frame:
        if frame.mechanism != "PLAIN":
            raise exceptions.AMQPAccessRefused(f"unknown authentication mechanism '{frame.mechanism}'")
        if str(frame.response).count("\x00") != 2:
            raise exceptions.AMQPAccessRefused("Login was refused using authentication mechanism PLAIN.")
        capabilities = (frame.client_properties or {}).get("capabilities")
        self.notifies_cancel = isinstance(capabilities, dict) and bool(capabilities.get("consumer_cancel_notify"))
        self._expected = commands.Connection.TuneOk
        return commands.Connection.Tune(self.channel_max, self.frame_max, self.heartbeat)

    def _tuned(self, frame: commands.Connection.TuneOk) -> None:
        """Zero stands for no limit of the client's own."""
        frame_max = frame.frame_max or self.frame_max
        if not constants.FRAME_MIN_SIZE <= frame_max <= self.frame_max:
            raise exceptions.AMQPNotAllowed(f"negotiated frame_max = {frame_max} is out of range")
        channel_max = frame.channel_max or self.channel_max
        if channel_max > self.channel_max:
            raise exceptions.AMQPNotAllowed(f"negotiated channel_max = {channel_max} is out of range")
        self.frame_max, self.channel_max, self.heartbeat = frame_max, channel_max, frame.heartbeat
        self._expected = commands.Connection.Open
