"""The byte stream of a connection: cutting it into frames, and writing content into frames.

`pamqp` decodes and encodes a frame; this module finds its borders, and refuses what no peer of ours sends: unknown
frame types, frames above the negotiated size, a missing end mark. Used by `connection` and `channel`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pamqp import constants, exceptions
from pamqp.base import Frame
from pamqp.frame import FrameTypes, marshal, unmarshal

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"

_HEAD = struct.Struct(">BHI")
_OVERHEAD = 8  # seven octets before the payload, one after it
_TYPES = (constants.FRAME_METHOD, constants.FRAME_HEADER, constants.FRAME_BODY, constants.FRAME_HEARTBEAT)


class FrameReader:
    """Collects what a socket delivers until frames are whole. `frame_max` (octets) is lowered by the handshake."""

    def __init__(self) -> None:
        self.frame_max = constants.FRAME_MAX_SIZE
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the frames that `data` completes, for `decode`; after an AMQPFrameError nothing can follow."""
        buffer = self._rest + data
        start, total = 0, len(buffer)
        while total - start >= _OVERHEAD:
            kind, _, size = _HEAD.unpack_from(buffer, start)
            if kind not in _TYPES:
                raise exceptions.AMQPFrameError(f"unknown frame type {kind}")
            if size + _OVERHEAD > self.frame_max:
                raise exceptions.AMQPFrameError(f"frame of {size} octets exceeds the maximum of {self.frame_max}")
            end = start + size + _OVERHEAD
            if end > total:
                break
            if buffer[end - 1] != constants.FRAME_END:
                raise exceptions.AMQPFrameError("a frame without its end mark")
            if size or kind != constants.FRAME_BODY:  # an empty body frame carries nothing, and pamqp refuses it
                yield buffer[start:end]
            start = end
        self._rest = buffer[start:]


def decode(raw: bytes) -> tuple[int, FrameTypes]:
    """Channel number and content of a frame; raises pamqp's UnmarshalingException."""
    _, channel, frame = unmarshal(raw)
    return channel, frame


def content(channel: int, method: Frame, header: bytes, body: bytes, frame_max: int) -> bytes:
    """The frames of one message: `method`, the raw content header, the body in pieces of at most `frame_max` octets."""
    parts = [marshal(method, channel), _frame(constants.FRAME_HEADER, channel, header)]
    piece = frame_max - _OVERHEAD
    if len(body) <= piece:
        if body:
            parts.append(_frame(constants.FRAME_BODY, channel, body))
    else:
        cuts = range(0, len(body), piece)
        parts.extend(_frame(constants.FRAME_BODY, channel, body[cut : cut + piece]) for cut in cuts)
    return b"".join(parts)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return b"".join((_HEAD.pack(kind, channel, len(payload)), payload, constants.FRAME_END_CHAR))
