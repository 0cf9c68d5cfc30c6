"""The decided rows of one run, in a temporary SQLite file: memory stays flat however long the import is.

The file also groups the rows of an order, wherever they stand, adds up what each SKU needs, and finds the line that a
credit belongs to. It is made anew by every run and deleted at its end; what was sent before is known by the server.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services.orders.files.deciding import Kind, Row

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE rows (
    line INTEGER PRIMARY KEY, kind TEXT, order_no TEXT, sku TEXT, quantity INTEGER, unit_price TEXT, placed_at TEXT,
    customer TEXT, stocked INTEGER, reason TEXT, details TEXT, cells TEXT, remaining INTEGER, credits INTEGER
);
CREATE TABLE header (cells TEXT);
CREATE TABLE names (sku TEXT PRIMARY KEY, name TEXT);
CREATE TABLE codes (order_no TEXT PRIMARY KEY, code TEXT);
CREATE TABLE statuses (order_no TEXT PRIMARY KEY, status TEXT);
"""
_INDEXES = """
CREATE INDEX orders ON rows (order_no, line) WHERE kind IN ('taken', 'head');
CREATE INDEX customers ON rows (customer, sku, placed_at, line) WHERE kind = 'taken' AND customer <> '';
"""
_NEWEST_EARLIER = """
SELECT line FROM rows
WHERE kind = 'taken' AND customer = :customer AND customer <> '' AND sku = :sku AND remaining >= :quantity
    AND (placed_at, line) < (:placed_at, :line)
ORDER BY placed_at DESC, line DESC LIMIT 1
"""
_ORDERS = """
SELECT line, kind, order_no, sku, quantity, unit_price, placed_at, customer, stocked, reason, details
FROM rows JOIN (SELECT order_no, min(line) AS first FROM rows WHERE kind = 'taken' GROUP BY order_no)
USING (order_no) WHERE kind IN ('taken', 'head') ORDER BY first, line
"""
_STATUSES = """
INSERT INTO statuses SELECT order_no, details ->> 'status'
FROM (SELECT min(line) AS line FROM rows WHERE kind IN ('taken', 'head') GROUP BY order_no) JOIN rows USING (line)
WHERE details ->> 'status' IS NOT NULL
"""
_COUNT_STATUSES = """
SELECT status, count(*) AS orders FROM statuses
WHERE order_no IN (SELECT order_no FROM rows WHERE kind = 'taken') GROUP BY status ORDER BY orders DESC, status
"""
_NEEDS = """
SELECT sku, coalesce(name, sku) AS name, max(stocked) AS stocked,
    sum(quantity - CASE WHEN status IN (SELECT value FROM json_each(:parts))
                   THEN coalesce(CAST(details ->> 'shipped' AS INTEGER), 0) ELSE 0 END)
        FILTER (WHERE status IS NULL OR status NOT IN (SELECT value FROM json_each(:without))) AS quantity
FROM rows LEFT JOIN names USING (sku) LEFT JOIN statuses USING (order_no)
WHERE kind = 'taken' GROUP BY sku ORDER BY sku
"""
_SKIP_WHOLE = """
UPDATE rows SET kind = 'skipped', reason = whole.why
FROM (SELECT order_no AS number, min(reason) AS why FROM rows WHERE kind = 'skipped' AND details ->> 'skipped' = 'order'
      GROUP BY order_no) AS whole
WHERE order_no = whole.number AND kind IN ('taken', 'head', 'rejected')
"""
_REJECT_WHOLE = """
UPDATE rows SET kind = 'rejected', reason = 'another row of the order was rejected: line ' || other.first
FROM (SELECT order_no AS number, min(line) AS first FROM rows WHERE kind = 'rejected' AND order_no <> ''
      GROUP BY order_no) AS other
WHERE order_no = other.number AND kind IN ('taken', 'head')
"""
_CREDITS = """
SELECT credit.*, line.order_no AS of_order, codes.code AS of_code
FROM rows AS credit
    LEFT JOIN rows AS line ON line.line = credit.credits LEFT JOIN codes ON codes.order_no = line.order_no
WHERE credit.kind = 'credit' ORDER BY credit.line
"""


@dataclass(frozen=True, slots=True)
class Need:
    """What the taken rows ask of one SKU, in units."""

    sku: str
    name: str
    quantity: int
    is_stocked: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit and the line it belongs to: that line's number in the file, its order, and the order's code here."""

    row: Row
    of_line: int | None
    of_order: str | None
    of_code: str | None


class Staging:
    """A context manager; rows are added, then `close_reading` is called once, then they are asked for."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="comptoir-import-")
        # One thread at a time: a service fills it in one of its own.
        path = Path(self._folder.name) / "rows.db"
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def add(self, rows: Iterable[tuple[Row, dict[str, str]]]) -> None:
        """Keep decided rows, each with its cells as they came."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (_to_columns(row, cells) for row, cells in self._noting_header(rows)),
        )
        self._db.execute("COMMIT")

    def _noting_header(self, rows: Iterable[tuple[Row, dict[str, str]]]) -> Iterator[tuple[Row, dict[str, str]]]:
        """The columns are the same of all rows, and kept once."""
        for place, (row, cells) in enumerate(rows):
            if place == 0:
                self._db.execute("INSERT INTO header VALUES (?)", (json.dumps(list(cells)),))
            yield row, cells

    def close_reading(self, *, whole_orders: bool = False) -> None:
        """All rows are there: leave out what goes with a skipped or (`whole_orders`) a rejected row; find names, and
        the lines of the credits.
        """
        self._db.executescript(_INDEXES)
        self._db.execute("BEGIN")
        self._db.execute(_SKIP_WHOLE)
        if whole_orders:
            self._db.execute(_REJECT_WHOLE)
        self._db.execute(_STATUSES)
        self._db.execute(
            "INSERT INTO names SELECT sku, details ->> 'name' FROM rows"
            " WHERE kind = 'taken' AND details ->> 'name' IS NOT NULL ORDER BY line ON CONFLICT DO NOTHING"
        )
        credits = "SELECT * FROM rows WHERE kind = 'credit' ORDER BY placed_at, line"
        for credit in self._db.execute(credits).fetchall():
            found = self._db.execute(_NEWEST_EARLIER, dict(credit)).fetchone()
            if found is not None:
                self._db.execute(
                    "UPDATE rows SET remaining = remaining - ? WHERE line = ?", (credit["quantity"], found["line"])
                )
                self._db.execute("UPDATE rows SET credits = ? WHERE line = ?", (found["line"], credit["line"]))
        self._db.execute("COMMIT")

    def orders(self) -> Iterator[tuple[str, list[Row]]]:
        """Each order with its taken rows, in the order of the file."""
        for order, rows in groupby(self._db.execute(_ORDERS), lambda row: str(row["order_no"])):
            yield order, [_to_row(row) for row in rows]

    def needs(self, without: Iterable[str] = (), parts: Iterable[str] = ()) -> Iterator[Need]:
        """Every SKU of the taken rows, by SKU; orders with the statuses `without` need no units of theirs, those with
        `parts` what has not left.
        """
        for row in self._db.execute(_NEEDS, {"without": json.dumps(list(without)), "parts": json.dumps(list(parts))}):
            yield Need(row["sku"], row["name"], row["quantity"] or 0, bool(row["stocked"]))

    def name_of(self, sku: str) -> str:
        """What the file calls a SKU; the SKU where it never says."""
        row = self._db.execute("SELECT name FROM names WHERE sku = ?", (sku,)).fetchone()
        return str(row["name"]) if row else sku

    def credits(self) -> Iterator[Credit]:
        """The credits, in the order of the file."""
        for row in self._db.execute(_CREDITS):
            yield Credit(_to_row(row), row["credits"], row["of_order"], row["of_code"])

    def rejects(self) -> Iterator[tuple[Row, dict[str, str]]]:
        """The rejected rows with their cells, in the order of the file."""
        for row in self._db.execute("SELECT * FROM rows WHERE kind = 'rejected' ORDER BY line"):
            yield _to_row(row), dict(zip(self.header, json.loads(row["cells"]), strict=True))

    def cells_of(self, lines: Sequence[int]) -> list[tuple[int, list[str]]]:
        """The cells of these lines, each with its line."""
        statement = "SELECT line, cells FROM rows WHERE line = ?"
        found = (self._db.execute(statement, (line,)).fetchone() for line in lines)
        return [(row["line"], json.loads(row["cells"])) for row in found]

    @property
    def header(self) -> list[str]:
        """The columns of the file; none of a file without a record."""
        row = self._db.execute("SELECT cells FROM header").fetchone()
        return list(json.loads(row["cells"])) if row else []

    def reasons(self, kind: Kind) -> dict[str, int]:
        """Why rows became this, and how many for each reason, the commonest first."""
        statement = (
            "SELECT reason, count(*) AS rows FROM rows WHERE kind = ? GROUP BY reason ORDER BY rows DESC, reason"
        )
        return {row["reason"]: row["rows"] for row in self._db.execute(statement, (str(kind),))}

    def count(self, kind: Kind) -> int:
        """How many rows became this."""
        return self._number("SELECT count(*) FROM rows WHERE kind = ?", kind)

    def count_rows(self) -> int:
        """How many rows were decided."""
        return int(self._db.execute("SELECT count(*) FROM rows").fetchone()[0])

    def totals(self) -> tuple[int, Decimal]:
        """The units of the taken rows, and what they come to at their prices."""
        units, amount = 0, Decimal(0)
        for row in self._db.execute("SELECT quantity, unit_price FROM rows WHERE kind = 'taken'"):
            units += row["quantity"]
            amount += row["quantity"] * Decimal(row["unit_price"])
        return units, amount

    def currencies(self) -> list[str]:
        """The currencies that the taken rows name; none where the file says none."""
        statement = (
            "SELECT DISTINCT details ->> 'currency' AS name FROM rows"
            " WHERE kind IN ('taken', 'head') AND details ->> 'currency' IS NOT NULL ORDER BY name"
        )
        return [row["name"] for row in self._db.execute(statement)]

    def statuses(self) -> dict[str, int]:
        """How many orders the file gives each status, the commonest first; nothing where the mapping knows none."""
        return {row["status"]: row["orders"] for row in self._db.execute(_COUNT_STATUSES)}

    def count_orders(self) -> int:
        """How many orders have a taken row."""
        return self._number("SELECT count(DISTINCT order_no) FROM rows WHERE kind = ?", Kind.TAKEN)

    def unknown_orders(self, numbers: Iterable[str]) -> list[str]:
        """Those of the numbers that are no order's."""
        known = "SELECT count(*) FROM rows WHERE kind = 'taken' AND order_no = ?"
        return [number for number in numbers if self._number(known, number) == 0]

    def note_code(self, order: str, code: str) -> None:
        """Remember what an order is called here."""
        self._db.execute("INSERT OR REPLACE INTO codes VALUES (?, ?)", (order, code))

    def reject_order(self, order: str, reason: str) -> None:
        """The server refused the order: its rows are rejected for that reason."""
        self._db.execute(
            "UPDATE rows SET kind = 'rejected', reason = ? WHERE kind IN ('taken', 'head') AND order_no = ?",
            (reason, order),
        )

    def _number(self, statement: str, value: Any) -> int:
        return int(self._db.execute(statement, (str(value),)).fetchone()[0])


def _to_columns(row: Row, cells: dict[str, str]) -> tuple[Any, ...]:
    placed_at = row.placed_at.isoformat() if row.placed_at else ""
    details = json.dumps(row.details or {})
    return (
        row.line, str(row.kind), row.order, row.sku, row.quantity, str(row.unit_price), placed_at,
        row.customer, row.is_stocked, row.reason, details, json.dumps(list(cells.values())), row.quantity,
    )  # fmt: skip


def _to_row(row: sqlite3.Row) -> Row:
    return Row(
        Kind(row["kind"]),
        row["line"],
        row["order_no"],
        row["sku"],
        row["quantity"],
        Decimal(row["unit_price"]),
        datetime.fromisoformat(row["placed_at"]) if row["placed_at"] else None,
        row["customer"],
        bool(row["stocked"]),
        row["reason"],
        json.loads(row["details"]),
    )
