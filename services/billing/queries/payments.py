"""Payments and accounts as people ask for them; amounts are strings with the currency's decimals."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.domain import choices, excess, invoice_fact, live_invoices, owed, payable, payment_fact
from services.billing.queries.charges import charge_view, charges_of, refund_view, refunds_of
from services.billing.queries.ledgers import ledgers
from services.billing.tables import payments
from shared.contracts import DocumentKind, Outcome
from shared.money import from_minor


async def list_payments(
    conn: AsyncConnection, order_id: str, limit: int, after: str | None
) -> tuple[list[dict[str, Any]], int]:
    """The payments and refunds of an order, oldest first: one more than `limit`, and how many there are."""
    own = payments.c.order_id == order_id
    statement = select(payments).where(own).order_by(payments.c.id).limit(limit + 1)
    if after is not None:
        statement = statement.where(payments.c.id > after)
    rows = (await conn.execute(statement)).mappings().all()
    total = (await conn.execute(select(func.count()).select_from(payments).where(own))).scalar_one()
    return [payment_view(dict(row)) for row in rows], total


def payment_view(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "amount": str(from_minor(row["amount"], row["currency"])),
        "currency": row["currency"],
        "method": row["method"],
        "reference": row["reference"],
        "payable": row["payable"],
        "actor": row["actor"],
        "charge": row["charge_id"],
        "credit_note": row["document_id"],
        "at": row["recorded_at"].isoformat(),
    }


async def account_view(conn: AsyncConnection, order_id: str) -> dict[str, Any]:
    """The money side of an order: what was paid, what is invoiced, what needs a person."""
    ledger = (await ledgers(conn, [order_id]))[order_id]
    order, live, imported = ledger.order, live_invoices(ledger.issued), ledger.imported
    invoices = sum(one.kind is DocumentKind.INVOICE for one in ledger.issued)
    currency, total = order.currency, order.totals.gross

    def amount(minor: int) -> str:
        return str(from_minor(minor, currency))

    return {
        "order": order.code,
        "order_id": order.id,
        "heard": ledger.version,
        "currency": currency,
        "total": amount(total),
        "captured": amount(ledger.paid.captured),
        "refunded": amount(ledger.paid.refunded),
        "paid_before": amount(order.paid_before),
        "due": amount(owed(order, ledger.paid)),
        "invoiced": amount(sum(invoice.value for invoice in live) + (imported.gross if imported else 0)),
        "payment": str(payment_fact(order, ledger.paid)),
        "invoice": str(invoice_fact(invoices, live, imported=imported is not None)),
        "payable": order.levels.payable,
        "warning": ledger.warning(order),
        "waits_for_shop": ledger.waiting,
        "method": order.payment_method,
        "asked": amount(payable(order, ledger.paid)),
    }


async def money_view(conn: AsyncConnection, order_id: str) -> dict[str, Any]:
    """What was tried and wished, and what a person can choose to do.

    `refundable.provider` above nothing is where the panel shows the button; by hand everything kept can be paid back.
    """
    ledger = (await ledgers(conn, [order_id]))[order_id]
    order, tried = ledger.order, await charges_of(conn, [order_id])
    wished = await refunds_of(conn, order_id)
    counted = [row for row in wished if row.state != Outcome.REJECTED]
    on_the_way = sum(row.amount for row in counted if row.state != Outcome.DONE)

    def amount(minor: int) -> str:
        return str(from_minor(minor, order.currency))

    return {
        "order": order.code,
        "currency": order.currency,
        "payment": str(payment_fact(order, ledger.paid)),
        "warning": ledger.warning(order),
        "charges": [charge_view(charge) for charge in tried],
        "refunds": [refund_view(row) for row in wished],
        "refundable": {
            "provider": amount(sum(one.captured for one in tried) - sum(row.amount for row in counted)),
            "by_hand": amount(ledger.paid.kept - on_the_way),
        },
        "excess": amount(excess(order, ledger.paid)),
        "choices": list(choices(order, ledger.paid)),
    }
