"""Records of a delimited text file or a workbook, or one sentence that says where it cannot be read.

A file that is no text, has another encoding or other columns is refused as a whole, and before anything was done with
it. Nothing of it is held in memory but the record at hand. What a readable record says wrongly is no matter of this
module: see `deciding`. Neighbours: `sheets` (rows of a workbook), `guarding` (cells that were guarded).
"""

import csv
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Self

from services.orders.files.guarding import unguarded
from services.orders.files.mapping import Mapping
from services.orders.files.sheets import SUFFIXES, UnreadableFileError, sheet_rows

__all__ = ["Layout", "Progress", "Record", "UnreadableFileError", "digest", "read_records"]

Progress = Callable[[int], None]
"""Told of the bytes that were read since the last time."""

Needed = Collection[str | tuple[str, ...]]
"""Columns that a file must have; of several in a tuple, one."""

DELIMITERS = (",", ";", "\t")
Rows = Iterator[tuple[int, list[str]]]
"""Rows that hold anything, each with the line it begins on."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on (the header's is 1), and its cells by column."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written; without a delimiter it is the one that finds most of the needed columns."""

    needed: Needed = ()
    delimiter: str | None = ","
    encoding: str = "utf-8"
    decimal_comma: bool = False
    stop_at: str | None = None

    @classmethod
    def of(cls, mapping: Mapping) -> Self:
        """The layout of the files that a mapping reads."""
        return cls(mapping.needed, mapping.delimiter, mapping.encoding, mapping.decimal_comma, mapping.stop_at)


def read_records(path: Path, layout: Layout, progress: Progress = lambda count: None) -> Iterator[Record]:
    """The records of a file with a header that has the needed columns; raises `UnreadableFileError`."""
    if path.suffix.lower() in SUFFIXES:
        yield from _records(sheet_rows(path, progress, decimal_comma=layout.decimal_comma), layout, ragged=True)
        return
    with path.open("rb") as file:
        yield from _records(_text_rows(file, layout, progress), layout, ragged=False)


def digest(path: Path) -> str:
    """The SHA-256 of the file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _records(rows: Rows, layout: Layout, *, ragged: bool) -> Iterator[Record]:
    """`ragged`: rows may be shorter than the header, as those of a workbook are."""
    first, header = next(rows, (0, []))
    if not header:
        raise UnreadableFileError("The file is empty.", "Export it again.")
    header = [name.strip() for name in header]
    _check_header(first, header, layout)
    for line, cells in rows:
        if layout.stop_at is not None and any(layout.stop_at in cell for cell in cells):
            return
        if len(cells) != len(header):
            if not ragged or len(cells) > len(header):
                raise UnreadableFileError(
                    f"Line {line} has {len(cells)} columns, the header has {len(header)}"
                    f"{_first_missing(header, cells)}.",
                    "Quote cells that contain the delimiter, and export the file again.",
                )
            cells += [""] * (len(header) - len(cells))
        yield Record(line, dict(zip(header, map(unguarded, cells), strict=True)))


def _text_rows(file: IO[bytes], layout: Layout, progress: Progress) -> Rows:
    lines = _lines(file, layout.encoding, progress)
    delimiter = layout.delimiter
    if delimiter is None:
        begin = list(_until_filled(lines))
        delimiter = _best_delimiter(begin[-1] if begin else "", layout.needed)
        lines = chain(begin, lines)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        cells = _next(reader, reader.line_num)
        if cells is None:
            return
        if any(cells):
            yield line, cells


def _until_filled(lines: Iterable[str]) -> Iterator[str]:
    """The lines to the first one that holds more than delimiters; it is the last of them."""
    for line in lines:
        yield line
        if line.strip("\r\n \"',;\t"):
            return


def _best_delimiter(header: str, needed: Needed) -> str:
    wanted = {name for names in needed for name in ([names] if isinstance(names, str) else names)}

    def found(delimiter: str) -> int:
        return len(wanted.intersection(cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])))

    return max(DELIMITERS, key=found)


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


def _check_header(line: int, header: Sequence[str], layout: Layout) -> None:
    present = set(header)
    for names in layout.needed:
        alternatives = (names,) if isinstance(names, str) else names
        if present.isdisjoint(alternatives):
            delimiter = "" if layout.delimiter is None else f" and the delimiter ({layout.delimiter!r} is expected)"
            raise UnreadableFileError(
                f"Line {line}: the column {' or '.join(map(repr, alternatives))} is missing; "
                f"the columns are {', '.join(map(repr, header[:12]))}.",
                f"Check the format{delimiter}.",
            )
        twice = next((name for name in alternatives if header.count(name) > 1), None)
        if twice is not None:
            raise UnreadableFileError(f"Line {line}: the column {twice!r} stands there twice.", "Rename one of them.")


def _first_missing(header: Sequence[str], cells: Sequence[str]) -> str:
    return f"; the column {header[len(cells)]!r} is missing" if len(cells) < len(header) else ""
