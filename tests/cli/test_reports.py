"""No cell of a report is a formula to a spreadsheet, and numbers stay numbers."""

import csv
from decimal import Decimal
from pathlib import Path

from services.cli.imports.reports import write_credits, write_rejects
from services.orders.files.deciding import Kind, Row
from services.orders.files.staging import Staging


def test_rejects_can_be_mended_and_imported_again(tmp_path: Path) -> None:
    cells = {"InvoiceNo": "1", "Description": '=HYPERLINK("http://x")', "Quantity": "-10"}
    path = tmp_path / "rejects.csv"
    with Staging() as staging:
        staging.add([(Row(Kind.REJECTED, 7, "1", reason="the quantity is -10, not above 0"), cells)])
        staging.close_reading()
        assert write_rejects(path, staging) == 1
    [row] = list(csv.DictReader(path.read_text().splitlines()))
    assert row == {
        "line": "7",
        "reason": "the quantity is -10, not above 0",
        "InvoiceNo": "1",
        "Description": '\'=HYPERLINK("http://x")',
        "Quantity": "-10",
    }


def test_nothing_to_report_leaves_no_file(tmp_path: Path) -> None:
    old = tmp_path / "rejects.csv"
    old.write_text("of an earlier run")
    with Staging() as staging:
        staging.add([(Row(Kind.TAKEN, 2, "1", "A", 1, Decimal(1), details={}), {})])
        staging.close_reading()
        assert write_rejects(old, staging) == 0
        assert write_credits(tmp_path / "credits.csv", staging, "EUR") == 0
    assert list(tmp_path.iterdir()) == []
