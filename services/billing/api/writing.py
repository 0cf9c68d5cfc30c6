"""Rows as a file while they come: CSV that spreadsheets read, JSON, and the FEC's own plain text."""

import csv
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "txt": "text/plain; charset=utf-8"}

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_BELOW_ZERO = re.compile(r"-[0-9]+([.,][0-9]*)?", re.ASCII)

Rows = AsyncIterator[Mapping[str, Any]]


async def as_csv(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    """With a header; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    yield _line(columns, ",")
    async for row in rows:
        yield _line([_cell(row[name]) for name in columns], ",")


async def as_fec(columns: Sequence[str], rows: Rows, separator: str) -> AsyncIterator[bytes]:
    """As the law wants it: no quotes, since no cell holds a separator."""
    yield (separator.join(columns) + "\r\n").encode()
    async for row in rows:
        yield (separator.join(row[name] for name in columns) + "\r\n").encode()


async def as_json(rows: Rows) -> AsyncIterator[bytes]:
    """`{"items": […]}`."""
    separator = b'{"items":['
    async for row in rows:
        yield separator + orjson.dumps(row)
        separator = b","
    yield b"]}" if separator == b"," else b'{"items":[]}'


def _line(cells: Sequence[str], separator: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _BELOW_ZERO.fullmatch(text) else text
