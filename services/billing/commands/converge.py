"""Bring the documents of orders to what their present state asks, and answer.

The one path for everything that may ask for a document: an order was heard, money came, the shop was heard. The number
of statements does not depend on the number of orders; where nothing is due there are three, besides the answers.
Neighbours: `domain.due` (what is asked), `issue` (numbers), `printing` (order forms), `answers` (what is said).
"""

from collections.abc import Mapping, Sequence

from services.billing.commands.answers import answer
from services.billing.commands.issue import Work, issue
from services.billing.commands.printing import file_forms
from services.billing.domain import due, live_invoices
from services.billing.queries.ledgers import Ledger, ledgers
from services.billing.tables import accounts
from shared.contracts import InvoiceOrigin, Order, Shop
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.security import find_shop


async def converge(tx: Transaction, orders: Sequence[Order], *, blocked: Mapping[str, str] | None = None) -> int:
    """Apply these orders, whose guard rows are locked; how many documents are to be typeset.

    `blocked`: the reason why a newer version of an order is parked, kept in the answer.
    """
    if not orders:
        return 0
    held = await ledgers(tx.conn, [order.id for order in orders])
    shops = {shop: await find_shop(tx.conn, shop) for shop in sorted({order.shop for order in orders})}
    work = [found for order in orders if (found := _work(order, shops[order.shop], held[order.id]))]
    await issue(tx, work)
    forms = await file_forms(tx, orders, shops, held)
    for order in orders:
        ledger = held[order.id]
        ledger.version, ledger.waiting = order.version, shops[order.shop] is None
        answer(tx, order, ledger, (blocked or {}).get(order.id))
    await tx.execute(
        upsert(tx.conn, accounts, keys=["order_id"], update=("version", "body", "waiting")),
        [_row(order, held[order.id]) for order in orders],
    )
    return sum(len(found.drafts) for found in work) + forms


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
        "waiting": ledger.waiting,
    }
