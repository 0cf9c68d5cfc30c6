"""Rows of a workbook's first sheet (XLSX), one after the other, as texts like those of a CSV file.

openpyxl reads the sheet as a stream, but holds the table of shared texts; a workbook whose table is large is refused
rather than taken into memory. `writing` writes workbooks without such a table.
"""

import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

SUFFIXES = frozenset({".xlsx", ".xlsm"})
SHARED_TEXTS = "xl/sharedStrings.xml"
MOST_SHARED = 48 * 1024 * 1024
"""Bytes of the table of shared texts; in memory it is about four times as large."""
MOST_UNPACKED = 4 * 1024 * 1024 * 1024
ADVANCE_EVERY = 500


class UnreadableFileError(Exception):
    """The file is not what it should be; the message names line and column, `remedy` what may help."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def sheet_rows(path: Path, progress: Callable[[int], None], *, decimal_comma: bool) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, without trailing empty cells, each with its number; raises `UnreadableFileError`."""
    from openpyxl import load_workbook  # here: it is a fifth of what every command would load to start
    from openpyxl.utils.exceptions import InvalidFileException

    _check(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise _unreadable(error) from None
    size, told = path.stat().st_size, 0
    try:
        sheet = book.worksheets[0]
        rows = sheet.max_row or 0
        sheet.reset_dimensions()  # some programs write one that is too small
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if rows and number % ADVANCE_EVERY == 0:
                reached = size * min(number, rows) // rows
                progress(reached - told)
                told = reached
            cells = [_text(cell, decimal_comma) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
        progress(size - told)
    except (zipfile.BadZipFile, KeyError, IndexError, SyntaxError) as error:
        raise _unreadable(error) from None
    finally:
        book.close()


def _check(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise _unreadable(error) from None
    if sizes.get(SHARED_TEXTS, 0) > MOST_SHARED or sum(sizes.values()) > MOST_UNPACKED:
        raise UnreadableFileError(
            "The workbook is too large to be read as one.", "Save it as CSV (UTF-8), and import that file."
        )


def _unreadable(error: Exception) -> UnreadableFileError:
    return UnreadableFileError(f"It is no workbook that can be read: {error}.", "Save it again as XLSX or CSV.")


def _text(cell: Any, decimal_comma: bool) -> str:
    """A cell as a CSV file would have it: a number with the file's decimal sign, a moment as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        written = f"{cell:.15g}"
        return written.replace(".", ",") if decimal_comma else written
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)
