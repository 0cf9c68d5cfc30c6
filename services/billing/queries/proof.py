"""The proof that no document is missing and none was touched: numbers without a hole, the hash chain, the bytes.

It recomputes everything from the stored rows and trusts none of them: a changed letter in a snapshot, a missing row, a
number given twice, a PDF whose bytes are others each show up as a problem. Used by `comptoir invoices verify`.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import GENESIS, link, number_of
from services.billing.tables import blobs, documents, renderings, series

PAGE = 200


@dataclass(slots=True)
class _Walk:
    """Where the walk along one series stands."""

    name: str
    outside: bool = False
    count: int = 0
    head: str = GENESIS
    day: date | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)

    def report(self, row: Any, problem: str) -> None:
        self.problems.append({"document": row.id, "number": row.number, "problem": problem})

    def _is_rendered(self, row: Any) -> bool:
        if row.content is None:
            return self.outside
        return bool(hashlib.sha256(row.content).hexdigest() == row.sha256)

    def step(self, row: Any) -> None:
        """Check one document against the one before it."""
        if row.n != self.count + 1:
            self.report(row, f"number {self.count + 1} is missing")
        if row.number != number_of(self.name, row.n):
            self.report(row, "the number is not that of its place in the series")
        if row.prev_hash != self.head:
            self.report(row, "does not follow the document before it")
        if link(row.prev_hash, self.name, row.n, row.snapshot).hash != row.hash:
            self.report(row, "the content is not what was sealed")
        if self.day is not None and row.issued_on < self.day:
            self.report(row, "is dated before the document before it")
        if row.sha256 is not None and not self._is_rendered(row):
            self.report(row, "the PDF is not what was rendered")
        self.count, self.head, self.day = row.n, row.hash, row.issued_on


async def verify(conn: AsyncConnection, shop: str, *, outside: bool = False) -> dict[str, Any]:
    """Walk every series of a shop; `ok` where nothing is wrong.

    `outside`: a store outside has PDFs too, and those are read by the verification of the store.
    """
    own = select(series).where(series.c.shop == shop).order_by(series.c.series, series.c.year)
    found, problems = [], []
    for row in (await conn.execute(own)).all():
        walk = await _walk(conn, row, outside)
        found.append({"series": walk.name, "documents": walk.count, "hash": walk.head, "ok": not walk.problems})
        problems += walk.problems
    return {"ok": not problems, "series": found, "problems": problems}


async def _walk(conn: AsyncConnection, row: Row[Any], outside: bool) -> _Walk:
    walk = _Walk(f"{row.series}{row.year}", outside)
    async for document in _documents(conn, row):
        walk.step(document)
    if (walk.count, walk.head) != (row.last, row.last_hash):
        problem = f"the series says {row.last} documents, and the last one found is number {walk.count}"
        walk.problems.append({"document": None, "number": walk.name, "problem": problem})
    return walk


async def _documents(conn: AsyncConnection, row: Row[Any]) -> AsyncIterator[Row[Any]]:
    """The documents of a series by number, a page at a time."""
    statement = (
        select(documents, renderings.c.sha256, blobs.c.content)
        .join(renderings, renderings.c.document_id == documents.c.id, isouter=True)
        .join(blobs, blobs.c.sha256 == renderings.c.sha256, isouter=True)
        .where(documents.c.shop == row.shop, documents.c.series == row.series, documents.c.year == row.year)
        .order_by(documents.c.n)
        .limit(PAGE)
    )
    last = 0
    while page := (await conn.execute(statement.where(documents.c.n > last))).all():
        for document in page:
            yield document
        last = page[-1].n
