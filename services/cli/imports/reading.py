"""Records of a delimited text file, or one sentence that says where it cannot be read.

A file that is no text, has another encoding or other columns is refused as a whole, and before anything was done with
it. What a readable record says wrongly is no matter of this module: see `deciding`.
"""

import csv
import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Progress = Callable[[int], None]
"""Told of the bytes that were read since the last time."""


class UnreadableFileError(Exception):
    """The file is not what it should be; the message names line and column, `remedy` what may help."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on (the header's is 1), and its cells by column."""

    line: int
    cells: dict[str, str]


def read_records(
    path: Path, *, needed: Collection[str], delimiter: str, encoding: str, progress: Progress = lambda count: None
) -> Iterator[Record]:
    """The records of a file with a header that has the `needed` columns; raises `UnreadableFileError`."""
    with path.open("rb") as file:
        reader = csv.reader(_lines(file, encoding, progress), delimiter=delimiter, strict=True)
        header = _next(reader, 0)
        if header is None:
            raise UnreadableFileError("The file is empty.", "Export it again.")
        _check_header(header, needed, delimiter)
        while True:
            line = reader.line_num + 1
            cells = _next(reader, reader.line_num)
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) != len(header):
                raise UnreadableFileError(
                    f"Line {line} has {len(cells)} columns, the header has {len(header)}"
                    f"{_first_missing(header, cells)}.",
                    "Quote cells that contain the delimiter, and export the file again.",
                )
            yield Record(line, dict(zip(header, cells, strict=True)))


def digest(path: Path) -> str:
    """The SHA-256 of the file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lines(file: IO[bytes], encoding: str, progress: Progress) -> Iterator[str]:
    for number, raw in enumerate(file, 1):
        progress(len(raw))
        if b"\0" in raw:
            column = raw.index(b"\0") + 1
            raise UnreadableFileError(
                f"Line {number}, column {column}: a NUL byte. This is no text file, or it is in UTF-16.",
                "Export it as CSV in UTF-8.",
            )
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise UnreadableFileError(
                f"Line {number}, column {error.start + 1}: the byte 0x{raw[error.start]:02X} is not {encoding}.",
                "Export the file in UTF-8, or name its encoding: --encoding latin-1 (or cp1252, …).",
            ) from None
        yield text.removeprefix("\ufeff") if number == 1 else text


def _next(reader: Iterator[list[str]], after: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error as error:
        raise UnreadableFileError(
            f"Line {after + 1}: {error}.", "A quote may be missing, or stand where none belongs."
        ) from None


def _check_header(header: list[str], needed: Collection[str], delimiter: str) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise UnreadableFileError(
            f"Line 1: the column {missing[0]!r} is missing; the columns are {', '.join(map(repr, header[:12]))}.",
            f"Check the format and the delimiter ({delimiter!r} is expected).",
        )
    twice = next((name for name in needed if header.count(name) > 1), None)
    if twice is not None:
        raise UnreadableFileError(f"Line 1: the column {twice!r} stands there twice.", "Rename one of them.")


def _first_missing(header: list[str], cells: list[str]) -> str:
    return f"; the column {header[len(cells)]!r} is missing" if len(cells) < len(header) else ""
