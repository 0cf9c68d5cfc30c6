"""The embedded broker's surgery on content headers: what it sets is there, all else is octet by octet what it was."""

import struct

from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, decode, header

from shared.broker.embedded.message import Message

RAW_VALUES = st.sampled_from(
    [
        b"V",
        b"t\x01",
        b"b\xff",
        b"d" + struct.pack(">d", 0.1),  # a double, which pamqp would write as a float
        b"S\x00\x00\x00\x02\xff\xfe",  # a string that is no UTF-8
        b"x\x00\x00\x00\x01\x00",
        b"l" + struct.pack(">q", -(2**62)),
        b"F\x00\x00\x00\x04\x01at\x01",
        b"A\x00\x00\x00\x03Vb\x07",
        b"T" + struct.pack(">Q", 1_700_000_000),
    ]
)
RAW_TABLES = st.dictionaries(st.sampled_from(["a", "traceparent", "é", "x-delivery-count"]), RAW_VALUES)


def content_header(table: dict[str, bytes] | None, content_type: str, content_encoding: str, message_id: str) -> bytes:
    """A content header whose header table holds raw values."""
    properties = commands.Basic.Properties(content_type, content_encoding, {} if table is not None else None)
    properties.message_id = message_id
    raw = header.ContentHeader(body_size=3, properties=properties).marshal()
    entries = b"".join(bytes([len(name.encode())]) + name.encode() + value for name, value in (table or {}).items())
    at = raw.index(b"\x00\x00\x00\x00", 14) if table is not None else 0
    return raw[:at] + struct.pack(">I", len(entries)) + entries + raw[at + 4 :] if table is not None else raw


@given(
    table=st.none() | RAW_TABLES,
    content_type=st.sampled_from(["", "application/json"]),
    content_encoding=st.sampled_from(["", "utf-8"]),
    message_id=st.sampled_from(["", "m-1"]),
    count=st.integers(0, 1000),
)
def test_field_is_set_and_the_rest_kept(
    table: dict[str, bytes] | None, content_type: str, content_encoding: str, message_id: str, count: int
) -> None:
    message = Message("", "q", content_header(table, content_type, content_encoding, message_id), b"abc")
    assert list(message.headers()) == list(table or {})
    changed = message.header_with({"x-delivery-count": count})
    encoded = b"b" + struct.pack(">b", count) if count < 128 else b"s" + struct.pack(">h", count)
    wanted = {**(table or {}), "x-delivery-count": encoded}
    assert changed == content_header(wanted, content_type, content_encoding, message_id)
    assert decode.embedded_value(encoded)[1] == count
