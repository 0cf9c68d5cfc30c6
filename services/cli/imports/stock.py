"""What a CSV file says of stock: movements, counts, products or prices, a row each, sent in batches.

Every row is judged alone, here where it can be, else by the server; a refused batch is sent again without the rows that
it was refused for. The key of a batch is its content and that of the file, so a run that was cut off is run again, and
books nothing twice for as long as the server keeps its keys. Neighbours: `services.orders.files.reading`, `reports`.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from services.cli.client import Api, Refused
from services.orders.files.reading import Record

BASE = "/api/v1/inventory"
ITEMS = 200
_WHOLE = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)


class Kind(StrEnum):
    """What the rows are."""

    MOVEMENTS = "movements"
    COUNTS = "counts"
    PRODUCTS = "products"
    PRICES = "prices"


class Reject(NamedTuple):
    """A row that was not taken."""

    line: int
    reason: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind: those that must be there, those that may, and which of all are whole numbers.

    No two rows may say the same of what the columns `once` name.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    whole: tuple[str, ...]
    once: tuple[str, ...] = ()


COLUMNS = {
    Kind.MOVEMENTS: Columns(("sku", "quantity", "reason"), ("location", "note"), ("quantity",)),
    Kind.COUNTS: Columns(("sku", "counted"), ("location", "note"), ("counted",), once=("sku", "location")),
    Kind.PRODUCTS: Columns(
        ("sku", "name"),
        ("price", "currency", "tax_rate", "backorder", "backorder_limit", "safety_stock"),
        ("backorder_limit", "safety_stock"),
        once=("sku",),
    ),
    Kind.PRICES: Columns(
        ("sku", "price_list", "currency", "price"),
        ("includes_tax",),
        (),
        once=("sku", "price_list", "currency"),
    ),
}


class _Row(NamedTuple):
    record: Record
    body: dict[str, Any]


class StockImport:
    """One run over a file. `rejects` does the work while it is read; then the counters are what became of the rows."""

    def __init__(self, api: Api | None, kind: Kind, digest: str, *, location: str | None = None) -> None:
        """Without an `api` the rows are judged and none is sent; `location` is that of rows which name none."""
        self.rows = self.taken = 0
        self._api = api
        self._kind = kind
        self._digest = digest
        self._location = location
        self._seen: dict[tuple[Any, ...], int] = {}

    def rejects(self, records: Iterable[Record]) -> Iterator[Reject]:
        """Send the rows, and give those that are not taken."""
        source = iter(records)
        while batch := list(islice(source, ITEMS)):
            rows: list[_Row] = []
            for record in batch:
                self.rows += 1
                try:
                    rows.append(_Row(record, self._judge(record)))
                except ValueError as error:
                    yield Reject(record.line, str(error), record.cells)
            yield from self._send(rows)

    def _judge(self, record: Record) -> dict[str, Any]:
        """The row as the server wants it; raises `ValueError` with the reason where it cannot be one."""
        columns = COLUMNS[self._kind]
        body: dict[str, Any] = {}
        for name in (*columns.needed, *columns.optional):
            cell = record.cells.get(name, "").strip()
            if not cell and name in columns.needed:
                raise ValueError(f"{name}: is empty")
            if not cell:
                continue
            if name in columns.whole and not _WHOLE.fullmatch(cell):
                raise ValueError(f"{name}: {cell!r} is no whole number")
            body[name] = int(cell) if name in columns.whole else cell
        if self._location and "location" in columns.optional:
            body.setdefault("location", self._location)
        if columns.once:
            first = self._seen.setdefault(tuple(body.get(name) for name in columns.once), record.line)
            if first != record.line:
                raise ValueError(f"{' and '.join(columns.once)}: the same as on line {first}")
        return body

    def _send(self, rows: Sequence[_Row]) -> Iterator[Reject]:
        if not rows or self._api is None:
            self.taken += len(rows)
            return
        bodies = [row.body for row in rows]
        content = json.dumps([self._digest, self._kind, bodies], sort_keys=True).encode()
        try:
            key = f"import {hashlib.sha256(content).hexdigest()}"
            self._api.post(f"{BASE}/{self._kind}/batch", {self._kind: bodies}, key=key)
        except Refused as refused:
            if refused.status not in {409, 422}:
                raise
            yield from self._send_apart(rows, refused)
        else:
            self.taken += len(rows)

    def _send_apart(self, rows: Sequence[_Row], refused: Refused) -> Iterator[Reject]:
        """Reject the rows that the refusal names; where it names none, halve until it is about one."""
        reasons = self._reasons(refused, len(rows))
        if not reasons:
            middle = len(rows) // 2
            yield from self._send(rows[:middle])
            yield from self._send(rows[middle:])
            return
        for index, reason in sorted(reasons.items()):
            yield Reject(rows[index].record.line, reason, rows[index].record.cells)
        yield from self._send([row for index, row in enumerate(rows) if index not in reasons])

    def _reasons(self, refused: Refused, count: int) -> dict[int, str]:
        """Per row, why it is refused."""
        found: dict[int, str] = {}
        for error in refused.problem.get("errors", ()):
            named = re.fullmatch(rf"{self._kind}\.([0-9]+)\.(.+)", str(error.get("field", "")))
            if named and int(named[1]) < count:
                found.setdefault(int(named[1]), f"{named[2]}: {error['detail']}")
        return found or ({0: refused.cause} if count == 1 else {})
