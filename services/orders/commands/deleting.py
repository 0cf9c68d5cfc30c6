"""Deleting an order: a tombstone, hidden everywhere and never restorable.

Its stock goes back as decided, its documents stay (credited only if the decision says so), its history stays too.
"""

from services.orders.commands.entries import Actor, plain_entry
from services.orders.commands.guarding import Uncancellable, against_cancelling, check_return
from services.orders.commands.inputs import DeleteOrder
from services.orders.commands.moving import check_version, require_decision
from services.orders.commands.saving import Change, save
from services.orders.domain import quantities
from services.orders.domain.quantities import QuantityError
from services.orders.domain.transitions import deletion_questions
from services.orders.queries.records import OrderRecord, lock_order
from shared.outbox import Transaction
from shared.problems import Invalid


async def delete_order(
    tx: Transaction, shop: str, code: str, request: DeleteOrder, actor: Actor, *, version: int | None = None
) -> OrderRecord:
    """Delete one order for good. Raises `DecisionRequired` without a decision on stock.

    What the kinds of its lines say to a cancellation they say to a deletion: `Uncancellable`, `Unreturnable`.
    """
    record = await lock_order(tx.conn, shop, code)
    check_version(record, version)
    if reasons := against_cancelling(record, actor, tx.now):
        raise Uncancellable(" ".join(reasons), reasons=reasons)
    if request.decision.stock is None:
        require_decision(deletion_questions(invoiced=record.invoice != "none"), "A deletion needs a decision.")
    decision = request.decision.decided()
    try:
        stocks = quantities.delete(record.quantities, record.type, tx.now, decision)
    except QuantityError as error:
        raise Invalid(str(error), field="decision") from None
    check_return(record, stocks, actor, tx.now)
    change = Change(record)
    change.raise_version(tx)
    for line, stock in zip(record.lines, stocks, strict=True):
        line.quantities = stock
    change.lines = record.lines
    record.deleted_at, record.credit_on_deletion, record.expires_at = tx.now, decision.credit, None
    change.add(plain_entry(tx, record, "deletion", actor, "Deleted"))
    await save(tx, [change])
    return record
