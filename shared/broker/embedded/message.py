"""A message as the broker keeps it: where it was published to, its content header as received, its body.

The header stays in its wire form, because a broker must not change what it does not understand (decoding and encoding
again would round doubles and fail on bytes that are no UTF-8). The few header fields a broker does set, the delivery
count and the death record, are spliced in. Neighbours: `queue` keeps messages, `dead_letters` writes the death record.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from pamqp import commands, decode, encode
from pamqp.common import FieldTable

_FIXED = 14  # class, weight, body size, property flags
_SIZE = struct.Struct(">I")
_FLAGS = struct.Struct(">H")
_CONTENT_TYPE = commands.Basic.Properties.flags["content_type"]
_CONTENT_ENCODING = commands.Basic.Properties.flags["content_encoding"]
_HEADERS = commands.Basic.Properties.flags["headers"]


@dataclass(frozen=True, slots=True)
class Message:
    """One published message; shared, never copied, by the queues that hold it."""

    exchange: str
    routing_key: str
    header: bytes
    body: bytes

    def headers(self) -> dict[str, Any]:
        """The decoded header table; empty where the message has none."""
        start, end = self._table()
        return dict(decode.field_table(self.header[start:end])[1]) if end > start else {}

    def header_with(self, fields: FieldTable) -> bytes:
        """The content header with `fields` set in its header table, everything else octet by octet as it was."""
        start, end = self._table()
        entries = _raw_entries(self.header[start:end])
        for name, value in fields.items():
            entries[name] = encode.encode_table_value(value)
        table = b"".join(encode.short_string(name) + value for name, value in entries.items())
        flags = _FLAGS.pack(_FLAGS.unpack_from(self.header, _FIXED - 2)[0] | _HEADERS)
        before, after = self.header[_FIXED:start], self.header[end:]
        return b"".join((self.header[: _FIXED - 2], flags, before, _SIZE.pack(len(table)), table, after))

    def _table(self) -> tuple[int, int]:
        """Where the header table lies in the content header; an empty range where it would have to be inserted."""
        flags = _FLAGS.unpack_from(self.header, _FIXED - 2)[0]
        start = _FIXED
        for flag in (_CONTENT_TYPE, _CONTENT_ENCODING):
            if flags & flag:
                start += 1 + self.header[start]
        if not flags & _HEADERS:
            return start, start
        return start, start + _SIZE.size + _SIZE.unpack_from(self.header, start)[0]


def _raw_entries(table: bytes) -> dict[str, bytes]:
    """Field name to encoded value, of an encoded table with its length."""
    entries = {}
    at = _SIZE.size
    while at < len(table):
        name_end = at + 1 + table[at]
        name = table[at + 1 : name_end].decode()
        consumed = decode.embedded_value(table[name_end:])[0]
        entries[name] = table[name_end : name_end + consumed]
        at = name_end + consumed
    return entries
