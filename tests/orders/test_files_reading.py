"""A file that cannot be read is refused with the line and the column, before anything is done with it."""

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from services.orders.files.reading import Layout, Record, UnreadableFileError, digest, read_records
from services.orders.files.sheets import MOST_SHARED, SHARED_TEXTS

HEADER = b"InvoiceNo,Quantity\r\n"


def read(path: Path, content: bytes, encoding: str = "utf-8", delimiter: str = ",") -> list[Record]:
    path = path / "orders.csv"
    path.write_bytes(content)
    return list(read_records(path, Layout(("InvoiceNo", "Quantity"), delimiter, encoding)))


def test_records_know_the_line_they_begin_on(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfInvoiceNo,Quantity\n"1\n2",3\n\n4,5'
    assert read(tmp_path, content) == [
        Record(2, {"InvoiceNo": "1\n2", "Quantity": "3"}),
        Record(5, {"InvoiceNo": "4", "Quantity": "5"}),
    ]


def test_another_encoding_and_delimiter(tmp_path: Path) -> None:
    [record] = read(tmp_path, "InvoiceNo;Quantity\né;1\n".encode("cp1252"), "cp1252", ";")
    assert record.cells["InvoiceNo"] == "é"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Line 1, column 1: the byte 0x89 is not utf-8."),
        (b"PK\3\4\0\0", "Line 1, column 5: a NUL byte. This is no text file, or it is in UTF-16."),
        ("InvoiceNo,Quantity\n".encode("utf-16"), "Line 1, column 4: a NUL byte."),
        (HEADER + b"1,2\r\n\xa33,4\r\n", "Line 3, column 1: the byte 0xA3 is not utf-8."),
        (b"InvoiceNo;Quantity\r\n", "Line 1: the column 'InvoiceNo' is missing; the columns are 'InvoiceNo;Quantity'."),
        (b"InvoiceNo,Menge\r\n", "Line 1: the column 'Quantity' is missing; the columns are 'InvoiceNo', 'Menge'."),
        (b"InvoiceNo,Quantity,Quantity\r\n", "Line 1: the column 'Quantity' stands there twice."),
        (HEADER + b"1,2\r\n3\r\n", "Line 3 has 1 columns, the header has 2; the column 'Quantity' is missing."),
        (HEADER + b"1,2,3\r\n", "Line 2 has 3 columns, the header has 2."),
        (HEADER + b'1,2\r\n"3,4\r\n5,6\r\n', "Line 3: unexpected end of data."),
        (HEADER + b'"3"x,4\r\n', "Line 2: ',' expected after '\"'."),
    ],
)
def test_an_unreadable_file_names_the_place(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(message)
    assert caught.value.remedy.endswith(".")


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(HEADER + b"1,2\r\n" * 100)
    counts: list[int] = []
    records = read_records(path, Layout(("InvoiceNo",)), counts.append)
    assert len(list(records)) == 100
    assert sum(counts) == path.stat().st_size
    assert len(digest(path)) == 64


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_delimiter_that_nobody_named_is_found_out(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(['"a, b; c"', "InvoiceNo", "Quantity"]) + "\n" + delimiter.join(['"1,5"', "7", "2"]) + "\n"
    path = tmp_path / "orders.txt"
    path.write_text(text, encoding="utf-8-sig")
    [record] = read_records(path, Layout(("InvoiceNo", "Quantity"), delimiter=None))
    assert record.cells == {"a, b; c": "1,5", "InvoiceNo": "7", "Quantity": "2"}


def test_empty_lines_before_the_header_and_a_foot_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(",\nInvoiceNo,Quantity\n,\n1,2\n\n1,record(s) downloaded,from here to there\nSeller: me\n")
    layout = Layout(("InvoiceNo",), delimiter=None, stop_at="record(s) downloaded")
    assert list(read_records(path, layout)) == [Record(4, {"InvoiceNo": "1", "Quantity": "2"})]


def test_of_several_names_of_a_column_one_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Numéro,Quantity\n1,2\n")
    assert list(read_records(path, Layout((("InvoiceNo", "Numéro"),))))
    with pytest.raises(UnreadableFileError, match="the column 'No' or 'InvoiceNo' is missing"):
        list(read_records(path, Layout((("No", "InvoiceNo"),))))


def workbook(path: Path) -> Path:
    """What a person's spreadsheet writes: numbers, dates, short rows, a formula's guard."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["InvoiceNo", "Quantity", "Price", "Date", "Gift", "Note"])
    sheet.append([536365, 2, 12.5, datetime.fromisoformat("2026-03-02T09:15"), True, "'=1+1"])
    sheet.append([])
    sheet.append(["536366", 1])
    book.save(path)
    return path


@pytest.mark.parametrize(("decimal_comma", "price"), [(False, "12.5"), (True, "12,5")])
def test_a_workbook_is_read_like_a_text_file(tmp_path: Path, decimal_comma: bool, price: str) -> None:
    path = workbook(tmp_path / "orders.xlsx")
    counts: list[int] = []
    records = list(read_records(path, Layout(("InvoiceNo", "Price"), decimal_comma=decimal_comma), counts.append))
    first = {"InvoiceNo": "536365", "Quantity": "2", "Price": price, "Date": "2026-03-02T09:15:00", "Gift": "true"}
    assert records[0] == Record(2, first | {"Note": "=1+1"})
    assert (records[1].line, records[1].cells["InvoiceNo"], records[1].cells["Price"]) == (4, "536366", "")
    assert sum(counts) == path.stat().st_size


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SHARED_TEXTS, b" " * (MOST_SHARED + 1))
    with pytest.raises(UnreadableFileError, match="too large") as caught:
        list(read_records(path, Layout()))
    assert "CSV" in caught.value.remedy
