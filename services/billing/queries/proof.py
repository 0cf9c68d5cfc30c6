"""The proof that no document is missing and none was touched: numbers without a hole, hashes, bytes, closed days.

It recomputes everything from the stored rows and trusts none of them: a changed letter in a snapshot, a missing row, a
number given twice, a PDF whose bytes are others, a closing that says another sum each show up as a problem that names
the `part` which is wrong. The series of a seller may bear documents of its other shops, of which a shop is told the
number alone. Used by `comptoir invoices verify`. Neighbour: `closed` (the closings).
"""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import GENESIS, link, number_of, read_amounts
from services.billing.queries.closed import check_closings
from services.billing.tables import blobs, documents, external_invoices, renderings, series, shop_sellers

PAGE = 200
FILES = 10


@dataclass(slots=True)
class _Walk:
    """Where the walk along one series stands. `shop` is who asks."""

    name: str
    prefix: str
    year: int
    format: str
    shop: str
    outside: bool = False
    count: int = 0
    head: str = GENESIS
    day: date | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)

    def report(self, row: Any, part: str, problem: str) -> None:
        document = row.id if row.shop == self.shop else None
        self.problems.append({"document": document, "number": row.number, "part": part, "problem": problem})

    def _is_rendered(self, row: Any) -> bool:
        if row.content is None:
            return self.outside
        return bool(hashlib.sha256(row.content).hexdigest() == row.sha256)

    def step(self, row: Any) -> None:
        """Check one document against the one before it."""
        if row.n != self.count + 1:
            self.report(row, "number", f"number {self.count + 1} is missing")
        if row.number != number_of(self.format, self.prefix, self.year, row.n):
            self.report(row, "number", "the number is not that of its place in the series")
        if row.prev_hash != self.head:
            self.report(row, "hash", "does not follow the document before it")
        if link(row.prev_hash, self.name, row.n, row.snapshot).hash != row.hash:
            self.report(row, "snapshot", "the content is not what was sealed")
        elif _differs(row):
            self.report(row, "row", "the columns do not say what was sealed")
        if self.day is not None and row.issued_on < self.day:
            self.report(row, "date", "is dated before the document before it")
        if row.sha256 is not None and not self._is_rendered(row):
            self.report(row, "pdf", "the PDF is not what was rendered")
        self.count, self.head, self.day = row.n, row.hash, row.issued_on


def _differs(row: Any) -> bool:
    """Whether a column by which documents are found and summed is not what the snapshot says."""
    content = json.loads(row.snapshot)
    columns = (row.id, row.kind, row.number, row.n, row.issued_on.isoformat(), row.currency, row.order_id)
    sealed = tuple(content[name] for name in ("id", "kind", "number", "n", "issued_on", "currency"))
    if columns != (*sealed, content["order"]["id"]):
        return True
    amounts = read_amounts(content["totals"], content["currency"])
    return (row.net, row.tax, row.gross) != (amounts.net, amounts.tax, amounts.gross)


async def verify(conn: AsyncConnection, shop: str, *, outside: bool = False) -> dict[str, Any]:
    """Walk every series and closing of a shop's seller, and the files the shop imported; `ok`: nothing is wrong.

    `outside`: a store outside has PDFs too, and those are read by the verification of the store.
    """
    seller = (await conn.execute(select(shop_sellers.c.seller).where(shop_sellers.c.shop == shop))).scalar_one_or_none()
    own = select(series).where(series.c.seller == seller).order_by(series.c.series, series.c.year)
    found, problems = [], await _outside(conn, shop, seller)
    for row in (await conn.execute(own)).all():
        walk = await _walk(conn, row, shop, outside)
        found.append({"series": walk.name, "documents": walk.count, "hash": walk.head, "ok": not walk.problems})
        problems += walk.problems
    problems += [problem async for problem in _imports(conn, shop)]
    closings, wrong = await check_closings(conn, seller) if seller else (0, [])
    problems += wrong
    return {"ok": not problems, "series": found, "closings": closings, "problems": problems}


async def _imports(conn: AsyncConnection, shop: str) -> AsyncIterator[dict[str, Any]]:
    """Imported files that are not what came, a few at a time: they may be large."""
    statement = (
        select(external_invoices.c.id, external_invoices.c.number, external_invoices.c.sha256, blobs.c.content)
        .join(blobs, blobs.c.sha256 == external_invoices.c.sha256, isouter=True)
        .where(external_invoices.c.shop == shop)
        .order_by(external_invoices.c.id)
        .limit(FILES)
    )
    last = ""
    while page := (await conn.execute(statement.where(external_invoices.c.id > last))).all():
        for row in page:
            if row.content is None or hashlib.sha256(row.content).hexdigest() != row.sha256:
                yield {"document": row.id, "number": row.number, "problem": "the file is not what was imported"}
        last = page[-1].id


async def _walk(conn: AsyncConnection, row: Row[Any], shop: str, outside: bool) -> _Walk:
    walk = _Walk(f"{row.series}{row.year}", row.series, row.year, row.format, shop, outside)
    async for document in _documents(conn, row):
        walk.step(document)
    if (walk.count, walk.head) != (row.last, row.last_hash):
        problem = f"the series says {row.last} documents, and the last one found is number {walk.count}"
        walk.problems.append({"document": None, "number": walk.name, "part": "series", "problem": problem})
    return walk


async def _outside(conn: AsyncConnection, shop: str, seller: str | None) -> list[dict[str, Any]]:
    """Documents of a shop that stand in no series of its seller: no walk would come past them."""
    of_series = and_(
        series.c.seller == documents.c.seller,
        series.c.series == documents.c.series,
        series.c.year == documents.c.year,
        series.c.seller == seller,
    )
    statement = select(documents.c.id, documents.c.number).where(documents.c.shop == shop, ~exists().where(of_series))
    return [
        {"document": row.id, "number": row.number, "part": "series", "problem": "stands in no series"}
        for row in await conn.execute(statement.order_by(documents.c.id))
    ]


async def _documents(conn: AsyncConnection, row: Row[Any]) -> AsyncIterator[Row[Any]]:
    """The documents of a series by number, a page at a time."""
    statement = (
        select(documents, renderings.c.sha256, blobs.c.content)
        .join(renderings, renderings.c.document_id == documents.c.id, isouter=True)
        .join(blobs, blobs.c.sha256 == renderings.c.sha256, isouter=True)
        .where(documents.c.seller == row.seller, documents.c.series == row.series, documents.c.year == row.year)
        .order_by(documents.c.n)
        .limit(PAGE)
    )
    last = 0
    while page := (await conn.execute(statement.where(documents.c.n > last))).all():
        for document in page:
            yield document
        last = page[-1].n
