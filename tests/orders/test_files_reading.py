"""A file that cannot be read is refused with the line and the column, before anything is done with it."""

from pathlib import Path

import pytest

from services.orders.files.reading import Layout, Record, UnreadableFileError, digest, read_records

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
