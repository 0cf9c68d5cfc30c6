"""Bring the documents of orders to what their present state asks, and answer.

The one path for everything that may ask for a document: an order was heard, money came, the shop was heard. The number
of statements does not depend on the number of orders; where nothing is due there are three, besides the answers.
Neighbours: `domain.due` (what is asked), `issue` (numbers), `printing` (order forms), `answers` (what is said),
`asking` (payments that were begun and are not wanted any more), `paying_back` (refunds that a status launches),
`rates` (documents that wait for a rate of exchange).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.billing.commands.answers import answer
from services.billing.commands.asking import end_unwanted
from services.billing.commands.issue import Work, issue
from services.billing.commands.paying_back import pay_back_refunded
from services.billing.commands.printing import file_forms
from services.billing.commands.rates import with_rates
from services.billing.domain import due, live_invoices, payable, unwanted, waived
from services.billing.queries.ledgers import Ledger, ledgers
from services.billing.tables import accounts
from shared.contracts import InvoiceOrigin, Order, PaymentState, Shop
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.security import find_shop

_TOLD = ("version", "body", "waiting", "late", "waived", "rate_missing", "external_id")
_UNDER_WAY = (PaymentState.PENDING, PaymentState.AUTHORISED)


async def converge(tx: Transaction, orders: Sequence[Order], *, blocked: Mapping[str, str] | None = None) -> int:
    """Apply these orders, whose guard rows are locked; how many documents are to be typeset.

    `blocked`: the reason why a newer version of an order is parked, kept in the answer.
    """
    if not orders:
        return 0
    held = await ledgers(tx.conn, [order.id for order in orders])
    for order in orders:
        _revive(order, held[order.id])
        _take_over(order, held[order.id])
    await _end_payments(tx, orders, held)
    await pay_back_refunded(tx, orders, held)
    shops = {shop: await find_shop(tx.conn, shop) for shop in sorted({order.shop for order in orders})}
    work = [found for order in orders if (found := _work(order, shops[order.shop], held[order.id]))]
    work, missing = await with_rates(tx, work)
    await issue(tx, work)
    forms = await file_forms(tx, orders, shops, held)
    for order in orders:
        ledger = held[order.id]
        ledger.version, ledger.waiting = order.version, shops[order.shop] is None
        ledger.rate_missing = missing.get(order.id)
        answer(tx, order, ledger, (blocked or {}).get(order.id))
    await tx.execute(
        upsert(tx.conn, accounts, keys=["order_id"], update=_TOLD),
        [_row(order, held[order.id]) for order in orders],
    )
    return sum(len(found.drafts) for found in work) + forms


def _take_over(order: Order, ledger: Ledger) -> None:
    """Money that came, and went back, before the order was imported: no payment of ours, but nobody owes it."""
    if ledger.body is None:
        paid = replace(ledger.paid, captured=order.paid_before, refunded=order.refunded_before)
        ledger.paid = replace(paid, waived=max(0, min(paid.refunded, order.totals.gross - paid.kept)))


def _revive(order: Order, ledger: Ledger) -> None:
    """An order that came back from being cancelled or refunded wants the money that came too late for it, or went."""
    if ledger.paid.late or ledger.paid.waived:
        before = ledger.order
        late = ledger.paid.late and not (unwanted(before) and not unwanted(order))
        ledger.paid = replace(ledger.paid, late=late, waived=waived(before, order, ledger.paid))


async def _end_payments(tx: Transaction, orders: Sequence[Order], held: Mapping[str, Ledger]) -> None:
    """Clients may be at a provider's page although nothing is to be paid any more."""
    under_way = [order for order in orders if held[order.id].paid.progress in _UNDER_WAY]
    unpayable = [order for order in under_way if not payable(order, held[order.id].paid)]
    if unpayable:
        for id_, progress in (await end_unwanted(tx, unpayable)).items():
            held[id_].paid = replace(held[id_].paid, progress=progress)


def _work(order: Order, shop: Shop | None, ledger: Ledger) -> Work | None:
    """What is to be issued for an order; nothing before its shop is known, or where its invoice is made elsewhere."""
    if shop is None or ledger.imported is not None:
        return None
    if shop.invoicing is InvoiceOrigin.EXTERNAL and not live_invoices(ledger.issued):
        return None
    drafts = due(order, shop.invoice_policy, ledger.paid, ledger.issued, new_id)
    return Work(order, shop, ledger, drafts) if drafts else None


def _row(order: Order, ledger: Ledger) -> dict[str, object]:
    return {
        "order_id": order.id,
        "shop": order.shop,
        "code": order.code,
        "version": order.version,
        "body": order.model_copy(update={"entries": ()}).encode().decode(),
        "captured": ledger.paid.captured,
        "refunded": ledger.paid.refunded,
        "late": ledger.paid.late,
        "waived": ledger.paid.waived,
        "waiting": ledger.waiting,
        "rate_missing": ledger.rate_missing,
        "external_id": order.external_id,
    }
