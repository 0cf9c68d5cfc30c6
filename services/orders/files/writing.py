"""Rows as a CSV file or a workbook, piece by piece: what is written goes out at once, whatever the number of rows.

A workbook is a zip of a few small documents and one long one, the sheet; its texts stand in the cells themselves, so
that nothing has to be collected. openpyxl reads it, as spreadsheets do. Every text is guarded (`guarding`).
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, Protocol
from xml.sax.saxutils import escape

from services.orders.files.columns import Cell
from services.orders.files.guarding import guarded

Format = Literal["csv", "xlsx"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS = 1_048_576
"""Rows of a sheet, its header among them."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_TYPES}">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="orders" sheetId="1" r:id="rId1"/></sheets></workbook>',
}
_UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\ufffd")
"""Characters that XML cannot hold."""


class TooManyRows(Exception):
    """A sheet holds no more than `MOST_ROWS`."""


class Writer(Protocol):
    """Takes rows; gives what can be sent of the file since the last time."""

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes: ...

    def end(self) -> bytes: ...


def writer_of(form: Format) -> Writer:
    """A writer of one file."""
    return CsvWriter() if form == "csv" else SheetWriter()


class CsvWriter:
    """UTF-8 with the mark by which spreadsheets know it, commas between the cells."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._text.write("\ufeff")
        self._csv = csv.writer(self._text)

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """These rows, as they are sent."""
        self._csv.writerows([_plain(cell) for cell in row] for row in rows)
        return self._taken()

    def end(self) -> bytes:
        """What is left."""
        return self._taken()

    def _taken(self) -> bytes:
        taken = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return taken


class SheetWriter:
    """A workbook with one sheet; numbers are numbers, everything else is text."""

    def __init__(self) -> None:
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED)
        for name, text in _PARTS.items():
            self._zip.writestr(name, text)
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._count = 0

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """What of the file is ready. Raises `TooManyRows`."""
        self._count += len(rows)
        if self._count > MOST_ROWS:
            raise TooManyRows(f"A sheet holds {MOST_ROWS} rows.")
        self._sheet.write("".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows).encode())
        return self._pipe.taken()

    def end(self) -> bytes:
        """The rest of the file."""
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()
        return self._pipe.taken()


class _Pipe(io.RawIOBase):
    """A file that cannot be read or sought: `zipfile` then writes each length behind its part."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # a narrower kind of buffer
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _plain(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return guarded(cell) if isinstance(cell, str) else cell


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        text = escape(guarded(cell).translate(_UNWRITABLE)).replace("\r", "&#13;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f"<c><v>{_plain(cell)}</v></c>"
