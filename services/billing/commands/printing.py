"""Order forms: archived when an order is placed, so that the same bytes come for ever.

The first message of an order that is no draft makes the form's snapshot, in the same transaction. Its PDF is typeset
at once where that message asks for a mail, which takes it along, and else when somebody first asks for it: an import of
old orders costs no typesetting. Neighbours: `rendering` (the PDF), `queries.printing` (papers that are not kept).
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from services.billing.domain import Paper, Printing, canonical, is_placed, paper
from services.billing.queries.ledgers import Form, Ledger, ledgers
from services.billing.queries.themes import newest_themes
from services.billing.tables import papers, renderings
from shared.batch import lock_keys
from shared.contracts import Order, Shop
from shared.database import new_id, upsert
from shared.observability import current_traceparent
from shared.outbox import Transaction
from shared.security import find_shop


async def file_forms(
    tx: Transaction, orders: Sequence[Order], shops: Mapping[str, Shop | None], held: Mapping[str, Ledger]
) -> int:
    """Archive the forms of orders that are placed and have none; how many are to be typeset now."""
    new = [(order, shop) for order in orders if (shop := shops[order.shop]) and _lacks_form(order, held[order.id])]
    if not new:
        return 0
    themes = await newest_themes(tx.conn, {order.shop for order, _ in new})
    rows = [_row(tx, order, shop, held[order.id], themes.get(order.shop)) for order, shop in new]
    await tx.execute(insert(papers), rows)
    due = [_due(tx, row, order) for row, (order, _) in zip(rows, new, strict=True) if _is_mailed(order)]
    if due:
        await tx.execute(insert(renderings), due)
    return len(due)


async def file_form(tx: Transaction, order_id: str) -> str | None:
    """See to it that one order has a form which is typeset; its id, None where there is nothing to print."""
    await lock_keys(tx, Order.name, [order_id])
    held = await ledgers(tx.conn, [order_id])
    order = held[order_id].order
    await file_forms(tx, [order], {order.shop: await find_shop(tx.conn, order.shop)}, held)
    form = held[order_id].form
    if form is None:
        return None
    due = _due(tx, {"id": form.id}, order)
    await tx.execute(upsert(tx.conn, renderings, keys=["document_id"]), [due])
    return form.id


def _lacks_form(order: Order, ledger: Ledger) -> bool:
    return ledger.form is None and is_placed(order)


def _is_mailed(order: Order) -> bool:
    return any(entry.mail or entry.mail_admins for entry in order.entries)


def _row(tx: Transaction, order: Order, shop: Shop, ledger: Ledger, theme: int | None) -> dict[str, object]:
    """The form's row, dated like the order; it is added to the ledger."""
    day = order.placed_at.astimezone(ZoneInfo(shop.timezone)).date()
    form = Form(new_id(), day, tx.now, order.totals.gross, wanted=_is_mailed(order))
    ledger.form = form
    content = paper(order, shop, Paper.ORDER_FORM, Printing(form.id, day, ledger.paid, theme))
    return {
        "id": form.id,
        "shop": order.shop,
        "order_id": order.id,
        "kind": str(Paper.ORDER_FORM),
        "issued_on": day,
        "issued_at": tx.now,
        "gross": form.gross,
        "snapshot": canonical(content),
    }


def _due(tx: Transaction, row: Mapping[str, object], order: Order) -> dict[str, object]:
    return {
        "document_id": row["id"],
        "order_id": order.id,
        "due_at": tx.now,
        "attempts": 0,
        "fence": 0,
        "traceparent": order.traceparents[-1] if order.traceparents else current_traceparent(),
    }
