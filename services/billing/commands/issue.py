"""Give documents their numbers and seal them: gapless, chained, for a whole batch in one go.

A number is taken by `UPDATE … RETURNING` on the series' row (`numbering`), whose lock is held until the commit: a
rollback returns the number, a second issuer waits, and there is never a hole, which a database sequence does not
promise. Everything is computed before; the lock is held for the statements below and the commit. The PDF is made later
(`rendering`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, insert

from services.billing.commands.numbering import Series, sellers_of, set_head, take
from services.billing.domain import (
    Draft,
    Numbered,
    Reference,
    canonical,
    issued,
    link,
    live_invoices,
    number_of,
    snapshot,
)
from services.billing.domain.rates import Rate
from services.billing.queries.ledgers import Ledger, Stored
from services.billing.queries.themes import newest_themes
from services.billing.tables import documents, renderings
from services.billing.tables import live_invoices as live_table
from shared.contracts import DocumentKind, Order, Shop
from shared.crashpoints import crash_point
from shared.database import among
from shared.money import NOTHING
from shared.observability import current_traceparent, get_logger
from shared.outbox import Transaction

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """One order's drafts, and the ledger they are added to."""

    order: Order
    shop: Shop
    ledger: Ledger
    drafts: Sequence[Draft]
    rate: Rate | None = None
    """Of the day, where a document tells its tax in euros; a credit note has its invoice's."""


async def issue(tx: Transaction, work: Sequence[Work]) -> None:
    """Number, seal and store all drafts, and add them to their ledgers."""
    if not work:
        return
    sellers = await sellers_of(tx, {one.shop.shop: one.shop for one in work}.values())
    wanted: dict[Series, list[tuple[Work, Draft]]] = defaultdict(list)
    for one in work:
        seller = sellers[one.shop.shop]
        for draft in one.drafts:
            wanted[Series(seller.id, _prefix(one.shop, draft.kind), seller.opens_on.year)].append((one, draft))
    numbers: dict[str, Numbered] = {}
    heads: dict[Series, str] = {}
    for key in sorted(wanted):
        day = max(sellers[one.shop.shop].opens_on for one, _ in wanted[key])
        heads[key], taken = await _take(tx, key, wanted[key], day)
        numbers |= taken
    crash_point("billing.numbered")
    live = {invoice.id for one in work for invoice in live_invoices(one.ledger.issued)}
    themes = await newest_themes(tx.conn, {one.order.shop for one in work})
    rows = {row["id"]: row for one in work for row in _rows(tx, one, numbers, themes.get(one.order.shop))}
    for key in sorted(wanted):
        heads[key] = _seal_all([rows[draft.id] for _, draft in wanted[key]], key, heads[key])
    await _store(tx, list(rows.values()), heads, {one.order.id: _trace(one.order) for one in work})
    await _mark_live(tx, work, live)
    log.info("documents.issued", count=len(rows))


def _prefix(shop: Shop, kind: DocumentKind) -> str:
    return shop.invoice_series if kind is DocumentKind.INVOICE else shop.credit_note_series


async def _take(
    tx: Transaction, key: Series, drafts: Sequence[tuple[Work, Draft]], day: date
) -> tuple[str, dict[str, Numbered]]:
    """Take a range of numbers; the hash they follow, and each draft's number."""
    shop = drafts[0][0].shop
    kind = None if shop.invoice_series == shop.credit_note_series else str(drafts[0][1].kind)
    taken = await take(tx, key, len(drafts), day, kind)
    return taken.head, {
        draft.id: Numbered(number_of(taken.format, key.series, key.year, n), key.name, n, taken.day)
        for n, (_, draft) in enumerate(drafts, taken.last - len(drafts) + 1)
    }


def _rows(tx: Transaction, one: Work, numbers: Mapping[str, Numbered], theme: int | None) -> Iterator[dict[str, Any]]:
    """The documents of one order in the order of issue, not sealed yet; each is added to the ledger."""
    known = {stored.issued.id: stored.issued for stored in one.ledger.documents}
    for draft in one.drafts:
        numbered, referred = numbers[draft.id], known.get(draft.refers_to or "")
        reference = None if referred is None else Reference(referred.id, referred.number, referred.issued_on)
        content = snapshot(
            one.order,
            one.shop,
            draft,
            numbered,
            reference=reference,
            paid=_paid(draft, one.ledger) if draft.kind is DocumentKind.INVOICE else 0,
            theme=theme,
            rate=(referred and referred.rate) or one.rate,
        )
        known[draft.id] = issued(content)
        total = sum((position.amounts for position in draft.positions), NOTHING)
        one.ledger.documents.append(Stored(known[draft.id], tx.now, total.gross))
        yield {
            "id": draft.id,
            "shop": one.order.shop,
            "order_id": one.order.id,
            "position": len(one.ledger.documents),
            "kind": str(draft.kind),
            "scope": draft.scope,
            "generation": draft.generation,
            "n": numbered.n,
            "number": numbered.number,
            "issued_on": numbered.issued_on,
            "issued_at": tx.now,
            "currency": one.order.currency,
            "net": total.net,
            "tax": total.tax,
            "gross": total.gross,
            "refers_to": draft.refers_to,
            "snapshot": canonical(content),
        }


def _paid(draft: Draft, ledger: Ledger) -> int:
    """What of this invoice's total has been paid: the money that the other live invoices leave."""
    gross = sum(position.amounts.gross for position in draft.positions)
    others = sum(invoice.value for invoice in live_invoices(ledger.issued))
    return max(0, min(gross, ledger.paid.kept - others))


def _seal_all(rows: Sequence[dict[str, Any]], key: Series, head: str) -> str:
    """Chain the rows, which stand in the order of their numbers, to `head`; the new head."""
    for row in rows:
        sealed = link(head, key.name, row["n"], row["snapshot"])
        row |= {"seller": key.seller, "series": key.series, "year": key.year}
        row |= {"prev_hash": sealed.prev_hash, "hash": sealed.hash}
        head = sealed.hash
    return head


async def _store(
    tx: Transaction, rows: Sequence[dict[str, Any]], heads: Mapping[Series, str], traces: Mapping[str, str | None]
) -> None:
    await tx.execute(insert(documents), rows)
    due = [
        {
            "document_id": row["id"],
            "order_id": row["order_id"],
            "due_at": tx.now,
            "attempts": 0,
            "fence": 0,
            "traceparent": traces[row["order_id"]],
        }
        for row in rows
    ]
    await tx.execute(insert(renderings), due)
    for key, head in heads.items():
        await set_head(tx, key, head)


def _trace(order: Order) -> str | None:
    """The trace that the rendering belongs to: the newest command's, or the running request's."""
    return order.traceparents[-1] if order.traceparents else current_traceparent()


async def _mark_live(tx: Transaction, work: Sequence[Work], before: set[str]) -> None:
    """Keep the table whose key allows one live invoice on each scope."""
    after = {
        invoice.id: {"order_id": one.order.id, "scope": invoice.scope, "document_id": invoice.id}
        for one in work
        for invoice in live_invoices(one.ledger.issued)
    }
    if dead := sorted(before - after.keys()):
        await tx.execute(delete(live_table).where(among(live_table.c.document_id, dead)))
    if new := [row for id_, row in after.items() if id_ not in before]:
        await tx.execute(insert(live_table), new)
