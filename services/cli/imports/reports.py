"""What a run leaves behind for a person: the rejects and the credits as CSV, and the figures of the whole.

Rejects keep the columns of the file, so that they can be mended and imported again. Cells are guarded against being run
as formulas (`services.orders.files.guarding`), and read back as they were.
"""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from services.orders.files.deciding import Kind
from services.orders.files.guarding import guarded
from services.orders.files.staging import Credit, Staging
from shared.money import from_minor, to_minor

CREDIT_COLUMNS = (
    "line", "credit", "customer", "sku", "quantity", "unit_price", "amount",
    "outcome", "order", "order_code", "order_line",
)  # fmt: skip


def write_rejects(path: Path, staging: Staging) -> int:
    """The rejected rows as they came, each with its line and reason in front; how many. No file for none."""
    rejects = staging.rejects()
    first = next(rejects, None)
    if first is None:
        path.unlink(missing_ok=True)
        return 0
    columns = list(first[1])
    rows = ((row.line, row.reason, *cells.values()) for row, cells in (first, *rejects))
    return _write(path, ("line", "reason", *columns), rows)


def write_credits(path: Path, staging: Staging, currency: str) -> int:
    """The credits, each with the line of the order it belongs to, or `unmatched`; how many. No file for none."""
    if staging.count(Kind.CREDIT) == 0:
        path.unlink(missing_ok=True)
        return 0
    return _write(path, CREDIT_COLUMNS, (_credit(credit, currency) for credit in staging.credits()))


def write_row_rejects(path: Path, rejects: Iterable[tuple[int, str, dict[str, str]]]) -> int:
    """As `write_rejects`, for rows of (line, reason, cells) that come while others are still being sent."""
    rows = iter(rejects)
    first = next(rows, None)
    if first is None:
        path.unlink(missing_ok=True)
        return 0
    return _write(
        path, ("line", "reason", *first[2]), ((n, why, *cells.values()) for n, why, cells in chain([first], rows))
    )


def credit_amount(credit: Credit, currency: str) -> Decimal:
    """What the credit is worth at its own price."""
    return from_minor(to_minor(credit.row.quantity * credit.row.unit_price, currency), currency)


def _credit(credit: Credit, currency: str) -> Sequence[Any]:
    row = credit.row
    outcome = "unmatched" if credit.of_line is None else "credited"
    amount = credit_amount(credit, currency)
    return (
        row.line, row.order, row.customer, row.sku, row.quantity, row.unit_price, amount,
        outcome, credit.of_order, credit.of_code, credit.of_line,
    )  # fmt: skip


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write beside, then put in place: an interrupted run leaves the old file or the new one."""
    beside = path.with_name(f".{path.name}.part")
    count = 0
    with beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([guarded("" if value is None else str(value)) for value in row])
            count += 1
    beside.replace(path)
    return count
