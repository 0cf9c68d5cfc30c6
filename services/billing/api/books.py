"""The rows of each report over some days of a shop, read page by page from its documents and payments."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.billing.domain import (
    AccountPlan,
    Kind,
    Payment,
    Sums,
    document_entry,
    e_reporting,
    journal_row,
    number_entry,
    payment_entry,
    vat_report,
)
from services.billing.queries.days import midnight
from services.billing.queries.reports import (
    PAGE,
    count_payments,
    count_priced,
    find_plan,
    next_payments,
    next_snapshots,
)
from shared.contracts import Shop
from shared.database import Database
from shared.money import from_minor

Entry = list[dict[str, str]]
Posted = tuple[date, datetime, Entry]
"""Day and moment of what an entry posts, and its lines."""


@dataclass(frozen=True, slots=True)
class Books:
    """A shop's books between two days, both included, in its own zone."""

    db: Database
    shop: Shop
    first: date
    last: date

    async def vat(self) -> AsyncIterator[dict[str, Any]]:
        async for row in self._summed(vat_report()):
            yield row

    async def e_reporting(self) -> AsyncIterator[dict[str, Any]]:
        async for row in self._summed(e_reporting()):
            yield row

    async def journal(self) -> AsyncIterator[dict[str, Any]]:
        async for content in self._snapshots():
            yield journal_row(content)

    async def payments(self) -> AsyncIterator[dict[str, Any]]:
        async for payment, row in self._payments():
            yield {
                "day": payment.day.isoformat(),
                "number": payment.number,
                "kind": row.kind,
                "order": payment.order,
                "method": payment.method,
                "reference": row.reference,
                "currency": payment.currency,
                "amount": str(from_minor(payment.amount, payment.currency)),
                "actor": row.actor,
            }

    async def fec(self, currency: str) -> AsyncIterator[dict[str, str]]:
        """The lines of all entries in one currency, day after day, and within a day as they came.

        They are numbered through each year, so that any range of days gives an entry the same number.
        """
        async with self.db.read() as conn:
            plan = await find_plan(conn, self.shop.shop)
        n, year = await self._entries_before(currency, plan), self.first.year
        async for day, entry in self._entries(currency, plan):
            n, year = (n + 1 if day.year == year else 1), day.year
            for line in number_entry(entry, year, n):
                yield line

    async def _entries_before(self, currency: str, plan: AccountPlan) -> int:
        """How many entries the year has before the first day; what comes to nothing has one only if it has lines."""
        begins = date(self.first.year, 1, 1)
        since, until = midnight(begins, self._zone), midnight(self.first, self._zone)
        async with self.db.read() as conn:
            n = await count_priced(conn, self.shop.shop, begins, self.first, currency)
            n += await count_payments(conn, self.shop.shop, since, until, currency)
        if begins < self.first:
            earlier = replace(self, first=begins, last=self.first - timedelta(days=1))
            async for _ in earlier._sold(currency, plan, free=True):
                n += 1
        return n

    async def _entries(self, currency: str, plan: AccountPlan) -> AsyncIterator[tuple[date, Entry]]:
        """Those of documents and of payments; what was issued for a payment stands before it."""
        journals = self._sold(currency, plan), self._paid(currency, plan)
        heads = {journal: head for journal in journals if (head := await anext(journal, None))}
        while heads:
            journal = min(heads, key=lambda one: heads[one][:2])
            day, _moment, entry = heads[journal]
            yield day, entry
            if head := await anext(journal, None):
                heads[journal] = head
            else:
                del heads[journal]

    async def _sold(self, currency: str, plan: AccountPlan, *, free: bool = False) -> AsyncIterator[Posted]:
        async for moment, content in self._documents(free=free):
            if content["currency"] == currency and (entry := list(document_entry(content, plan))):
                yield date.fromisoformat(content["issued_on"]), moment, entry

    async def _paid(self, currency: str, plan: AccountPlan) -> AsyncIterator[Posted]:
        async for payment, row in self._payments():
            if payment.currency == currency:
                yield payment.day, row.recorded_at, list(payment_entry(payment, plan))

    async def _summed(self, sums: Sums) -> AsyncIterator[dict[str, Any]]:
        async for content in self._snapshots():
            sums.add(content)
        for row in sums.rows():
            yield row

    async def _snapshots(self) -> AsyncIterator[dict[str, Any]]:
        async for _moment, content in self._documents():
            yield content

    async def _documents(self, *, free: bool = False) -> AsyncIterator[tuple[datetime, dict[str, Any]]]:
        """`free`: those of nothing alone."""
        after = None
        while True:
            async with self.db.read() as conn:
                page, after = await next_snapshots(conn, self.shop.shop, self.first, self.last, after, free=free)
            for document in page:
                yield document
            if after is None:
                return

    async def _payments(self) -> AsyncIterator[tuple[Payment, Any]]:
        """Numbered through each year, so that any range of days gives a payment the same number."""
        since, until = midnight(self.first, self._zone), midnight(self.last + timedelta(days=1), self._zone)
        async with self.db.read() as conn:
            n = await count_payments(conn, self.shop.shop, midnight(date(self.first.year, 1, 1), self._zone), since)
        year, after = self.first.year, None
        while True:
            async with self.db.read() as conn:
                rows = await next_payments(conn, self.shop.shop, since, until, after)
            for row in rows:
                day = row.recorded_at.astimezone(self._zone).date()
                n, year = (n + 1 if day.year == year else 1), day.year
                yield _payment(row, day, n), row
            if len(rows) < PAGE:
                return
            after = (rows[-1].recorded_at, rows[-1].id)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.shop.timezone)


def _payment(row: Any, day: date, n: int) -> Payment:
    came = Kind(row.kind) in (Kind.CAPTURE, Kind.RETURN)
    amount = row.amount if came else -row.amount
    number = f"P{day.year}-{n:05}"
    return Payment(number, day, amount, row.currency, row.method, row.reference or "", row.code)
