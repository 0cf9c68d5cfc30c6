"""The proof that no document is missing and none was touched: numbers without a hole, hashes, bytes, closed days.

It recomputes everything from the stored rows and trusts none of them: a changed letter in a snapshot, a missing row, a
number given twice, a PDF whose bytes are others, a closing that says another sum each show up as a problem that names
the `part` which is wrong. The series of a seller may bear documents of its other shops, of which a shop is told the
number alone. A book of many years is proved in pages, each with what it found. Used by `comptoir invoices verify`.
Neighbour: `closed` (the closings).
"""

import hashlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import GENESIS, link, number_of, read_amounts
from services.billing.queries.closed import check_closings
from services.billing.tables import blobs, documents, external_invoices, renderings, series, shop_sellers

PAGE = 200
FILES = 10


@dataclass(frozen=True, slots=True)
class Place:
    """How far a proof is: behind document `n` of a series, or through all series and behind an imported file."""

    series: str = ""
    year: int = 0
    n: int = 0
    file: str | None = None


START = Place()


@dataclass(slots=True)
class Proof:
    """A page of a proof. `checked` documents and files of `total`; `closings` are checked with the last page."""

    total: int
    series: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    closings: int = 0
    checked: int = 0
    next: Place | None = None


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


async def verify(
    conn: AsyncConnection, shop: str, *, after: Place = START, limit: int = sys.maxsize, outside: bool = False
) -> Proof:
    """Walk the series and closings of a shop's seller, and the files the shop imported: `limit` of them, from a place.

    `outside`: a store outside has PDFs too, and those are read by the verification of the store.
    """
    seller = (await conn.execute(select(shop_sellers.c.seller).where(shop_sellers.c.shop == shop))).scalar_one_or_none()
    rows = (await conn.execute(select(series).where(series.c.seller == seller))).all()
    files = select(func.count()).select_from(external_invoices).where(external_invoices.c.shop == shop)
    proof = Proof(sum(row.last for row in rows) + (await conn.execute(files)).scalar_one())
    if after.file is None:
        await _walk_all(conn, proof, _Asked(shop, after, limit, outside), rows)
    if proof.checked < limit:
        proof.problems += [problem async for problem in _imports(conn, proof, shop, after.file or "", limit)]
    if proof.checked < limit:
        proof.next = None
        proof.problems += await _outside(conn, shop, seller)
        proof.closings, wrong = await check_closings(conn, seller) if seller else (0, [])
        proof.problems += wrong
    return proof


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a page is asked for."""

    shop: str
    after: Place
    limit: int
    outside: bool


async def _walk_all(conn: AsyncConnection, proof: Proof, asked: _Asked, rows: Sequence[Row[Any]]) -> None:
    """The series behind the place, as far as the page goes."""
    begun = (asked.after.series, asked.after.year)
    for row in sorted(rows, key=lambda row: (row.series, row.year)):
        if (row.series, row.year) < begun or proof.checked == asked.limit:
            continue
        walk = _Walk(f"{row.series}{row.year}", row.series, row.year, row.format, asked.shop, asked.outside)
        if (row.series, row.year) == begun:
            await _resume(conn, row, walk, asked.after.n)
        async for document in _documents(conn, row, walk.count, asked.limit - proof.checked):
            walk.step(document)
            proof.checked += 1
        if proof.checked < asked.limit and (walk.count, walk.head) != (row.last, row.last_hash):
            problem = f"the series says {row.last} documents, and the last one found is number {walk.count}"
            walk.problems.append({"document": None, "number": walk.name, "part": "series", "problem": problem})
        told = {"series": walk.name, "documents": walk.count, "hash": walk.head, "ok": not walk.problems}
        proof.series.append(told)
        proof.problems += walk.problems
        proof.next = Place(row.series, row.year, walk.count)


async def _resume(conn: AsyncConnection, row: Row[Any], walk: _Walk, n: int) -> None:
    """Stand where the page before ended: behind a document that it checked."""
    before = select(documents.c.n, documents.c.hash, documents.c.issued_on).where(_of_series(row), documents.c.n == n)
    for found in await conn.execute(before):
        walk.count, walk.head, walk.day = found


async def _imports(
    conn: AsyncConnection, proof: Proof, shop: str, last: str, limit: int
) -> AsyncIterator[dict[str, Any]]:
    """Imported files that are not what came, a few at a time: they may be large."""
    statement = (
        select(external_invoices.c.id, external_invoices.c.number, external_invoices.c.sha256, blobs.c.content)
        .join(blobs, blobs.c.sha256 == external_invoices.c.sha256, isouter=True)
        .where(external_invoices.c.shop == shop)
        .order_by(external_invoices.c.id)
    )
    while left := limit - proof.checked:
        page = (await conn.execute(statement.where(external_invoices.c.id > last).limit(min(FILES, left)))).all()
        if not page:
            return
        for row in page:
            if row.content is None or hashlib.sha256(row.content).hexdigest() != row.sha256:
                problem = "the file is not what was imported"
                yield {"document": row.id, "number": row.number, "part": "file", "problem": problem}
        last = page[-1].id
        proof.checked += len(page)
        proof.next = Place(file=last)


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


def _of_series(row: Row[Any]) -> ColumnElement[bool]:
    return and_(documents.c.seller == row.seller, documents.c.series == row.series, documents.c.year == row.year)


async def _documents(conn: AsyncConnection, row: Row[Any], last: int, left: int) -> AsyncIterator[Row[Any]]:
    """So many documents of a series behind a number, a page at a time."""
    statement = (
        select(documents, renderings.c.sha256, blobs.c.content)
        .join(renderings, renderings.c.document_id == documents.c.id, isouter=True)
        .join(blobs, blobs.c.sha256 == renderings.c.sha256, isouter=True)
        .where(_of_series(row))
        .order_by(documents.c.n)
    )
    while left > 0:
        page = (await conn.execute(statement.where(documents.c.n > last).limit(min(PAGE, left)))).all()
        if not page:
            return
        for document in page:
            yield document
        last, left = page[-1].n, left - len(page)
