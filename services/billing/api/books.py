"""The rows of each report over some days of a shop, read page by page from its documents and payments."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
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
    payment_entry,
    vat_report,
)
from services.billing.queries.days import midnight
from services.billing.queries.reports import PAGE, count_payments, find_plan, next_payments, next_snapshots
from shared.contracts import Shop
from shared.database import Database
from shared.money import from_minor


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
        """The lines of all entries in one currency, day after day: what was sold, then what was paid."""
        async with self.db.read() as conn:
            plan = await find_plan(conn, self.shop.shop)
        paid = self._payments()
        waiting = await anext(paid, None)
        async for content in self._snapshots():
            while waiting is not None and waiting[0].day.isoformat() < content["issued_on"]:
                for line in self._paid(waiting[0], currency, plan):
                    yield line
                waiting = await anext(paid, None)
            if content["currency"] == currency:
                for line in document_entry(content, plan):
                    yield line
        while waiting is not None:
            for line in self._paid(waiting[0], currency, plan):
                yield line
            waiting = await anext(paid, None)

    @staticmethod
    def _paid(payment: Payment, currency: str, plan: AccountPlan) -> Iterator[dict[str, str]]:
        return payment_entry(payment, plan) if payment.currency == currency else iter(())

    async def _summed(self, sums: Sums) -> AsyncIterator[dict[str, Any]]:
        async for content in self._snapshots():
            sums.add(content)
        for row in sums.rows():
            yield row

    async def _snapshots(self) -> AsyncIterator[dict[str, Any]]:
        after = None
        while True:
            async with self.db.read() as conn:
                contents, after = await next_snapshots(conn, self.shop.shop, self.first, self.last, after)
            for content in contents:
                yield content
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
