"""Book a movement of money: the one place where captured and refunded change, whoever says so.

A movement is a row that is never changed; the account's totals follow, and the documents follow the totals. A refund is
linked to the credit note that it pays back: the one named, else the one it caused, else the newest that no refund paid.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from services.billing.commands.accounts import set_account
from services.billing.commands.answers import blocked_reasons
from services.billing.commands.converge import converge
from services.billing.domain import Kind, Paid
from services.billing.queries.ledgers import Ledger, ledgers
from services.billing.tables import payments
from shared.contracts import DocumentKind, Invoicing
from shared.database import new_id
from shared.outbox import Transaction


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount` in minor units of the order's currency; `charge_id` of a provider's money."""

    kind: Kind
    amount: int
    method: str
    reference: str | None = None
    charge_id: str | None = None
    document_id: str | None = None
    expected: bool = False
    """The order waited for it in whatever status, unless it is cancelled: a marketplace's payout, a later capture."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The row as stored, the totals after it, and how many documents were issued for it."""

    row: dict[str, Any]
    paid: Paid
    issued: int


async def book(tx: Transaction, order_id: str, movement: Movement, actor: str) -> Booked:
    """Book it and bring the documents up to it. The caller holds the order's lock and has checked the amount."""
    ledger = (await ledgers(tx.conn, [order_id]))[order_id]
    order = ledger.order
    awaited = movement.expected and order.levels.invoicing is not Invoicing.CREDIT
    paid = ledger.paid.moved(movement.kind, movement.amount, payable=order.levels.payable or awaited)
    moved = {"captured": paid.captured, "refunded": paid.refunded, "late": paid.late, "waived": paid.waived}
    await set_account(tx, order_id, **moved)
    issued = await converge(tx, [order], blocked=await blocked_reasons(tx, [order_id]))
    row = {
        "id": new_id(),
        "shop": order.shop,
        "order_id": order_id,
        "kind": str(movement.kind),
        "amount": movement.amount,
        "currency": order.currency,
        "method": movement.method,
        "reference": movement.reference,
        "payable": order.levels.payable,
        "actor": actor,
        "recorded_at": tx.now,
        "charge_id": movement.charge_id,
        "document_id": await _paid_back(tx, order_id, movement, ledger),
    }
    await tx.execute(insert(payments).values(row))
    return Booked(row, paid, issued)


async def say_account(tx: Transaction, order_id: str) -> None:
    """Answer for an order, whose lock is held, after something about its money changed; no document can follow."""
    ledger = (await ledgers(tx.conn, [order_id]))[order_id]
    await converge(tx, [ledger.order], blocked=await blocked_reasons(tx, [order_id]))


async def _paid_back(tx: Transaction, order_id: str, movement: Movement, before: Ledger) -> str | None:
    if movement.kind is not Kind.REFUND or movement.document_id is not None:
        return movement.document_id
    known = {stored.issued.id for stored in before.documents}
    after = (await ledgers(tx.conn, [order_id]))[order_id]
    notes = [one.id for one in after.issued if one.kind is DocumentKind.CREDIT_NOTE]
    linked = select(payments.c.document_id).where(payments.c.order_id == order_id)
    paid = set((await tx.execute(linked)).scalars())
    caused = [note for note in notes if note not in known]
    unpaid = [note for note in notes if note not in paid]
    return next(iter([*caused[-1:], *unpaid[-1:]]), None)
