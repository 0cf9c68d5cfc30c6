"""Record money that came or went back by hand. Money taken is always recorded; what is odd becomes a warning."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.commands.converge import converge
from services.billing.domain import Paid, payment_fact, warning
from services.billing.queries.ledgers import ledgers
from services.billing.queries.payments import payment_view
from services.billing.tables import accounts, payments
from shared.batch import lock_keys
from shared.contracts import Account, Order
from shared.database import new_id
from shared.money import InvalidAmount, UnknownCurrency, from_minor, parse_amount
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem

MOST = 10**13
"""Minor units in one payment."""


class RefundTooLarge(Problem):
    """More would go back than was taken."""

    slug: ClassVar[str] = "refund-too-large"
    title: ClassVar[str] = "More cannot be refunded than was captured"


@dataclass(frozen=True, slots=True)
class Money:
    """What somebody says was paid or paid back; the amount as written."""

    kind: Literal["capture", "refund"]
    amount: str
    currency: str
    method: str
    reference: str | None


async def record(tx: Transaction, shop: str, code: str, money: Money, actor: str) -> tuple[dict[str, Any], int]:
    """Record it and bring the documents up to it; what was recorded, and how many documents were issued.

    Raises `NotFound`, `Invalid` (naming the field) or `RefundTooLarge`.
    """
    order_id = await order_of(tx.conn, shop, code)
    await lock_keys(tx, Order.name, [order_id])
    ledger = (await ledgers(tx.conn, [order_id]))[order_id]
    order = ledger.order
    amount = _amount(money, order.currency)
    paid = _with(ledger.paid, money, amount, payable=order.levels.payable)
    row = {
        "id": new_id(),
        "shop": shop,
        "order_id": order_id,
        "kind": money.kind,
        "amount": amount,
        "currency": money.currency,
        "method": money.method,
        "reference": money.reference,
        "payable": order.levels.payable,
        "actor": actor,
        "recorded_at": tx.now,
    }
    await tx.execute(insert(payments).values(row))
    own = accounts.c.order_id == order_id
    values = {"captured": paid.captured, "refunded": paid.refunded, "late": paid.late}
    await tx.execute(update(accounts).where(own).values(values))
    issued = await converge(tx, [order], blocked=await blocked_reason(tx, order_id))
    view = payment_view(row) | {"warning": warning(order, paid), "payment": str(payment_fact(order, paid))}
    return view, issued


async def order_of(conn: AsyncConnection, shop: str, code: str) -> str:
    """The id of the order with this code (or id); raises `NotFound` before it was heard of."""
    named = (accounts.c.code == code) | (accounts.c.order_id == code)
    statement = select(accounts.c.order_id).where(accounts.c.shop == shop, named)
    found: str | None = (await conn.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Billing has heard of no order {code!r}.")
    return found


def _amount(money: Money, currency: str) -> int:
    try:
        amount = parse_amount(money.amount, money.currency)
    except UnknownCurrency as error:
        raise Invalid(str(error), field="currency") from error
    except InvalidAmount as error:
        raise Invalid(str(error), field="amount") from error
    if money.currency != currency:
        raise Invalid(f"The order is in {currency}, not in {money.currency}.", field="currency")
    if not 0 < amount <= MOST:
        raise Invalid("The amount must be more than nothing, and not beyond all measure.", field="amount")
    return amount


def _with(paid: Paid, money: Money, amount: int, *, payable: bool) -> Paid:
    if money.kind == "capture":
        return replace(paid, captured=paid.captured + amount, late=paid.late or not payable)
    if amount > paid.kept:
        kept = str(from_minor(paid.kept, money.currency))
        raise RefundTooLarge(f"Of what was captured, {kept} {money.currency} is left to refund.", refundable=kept)
    return replace(paid, refunded=paid.refunded + amount)


async def blocked_reason(tx: Transaction, order_id: str) -> dict[str, str]:
    """The reason why a newer version is parked stays in the answer."""
    known = (await tx.answers([order_id])).get(order_id)
    reason = Account.decode(known).blocked if known else None
    return {order_id: reason} if reason else {}
