"""Money that came or went back by hand. Money taken is always recorded; what is odd about it becomes a warning.

Neighbours: `book` (the movement itself), `checkout` and `refunds` (the same through a provider).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.billing.commands.book import Booked, Movement, book
from services.billing.domain import Kind, missing, owed, payment_fact, warning
from services.billing.domain.methods import chosen
from services.billing.queries.ledgers import Ledger, ledgers
from services.billing.queries.methods import find_methods, known_methods
from services.billing.queries.payments import payment_view
from services.billing.tables import accounts, payments
from shared.batch import lock_keys
from shared.contracts import Order
from shared.money import InvalidAmount, UnknownCurrency, from_minor, parse_amount
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem

MOST = 10**13
"""Minor units in one payment."""


class RefundTooLarge(Problem):
    """More would go back than was taken."""

    slug: ClassVar[str] = "refund-too-large"
    title: ClassVar[str] = "More cannot be refunded than was captured"


class NotByHand(Problem):
    """A provider has the money: what is recorded is what happened there."""

    slug: ClassVar[str] = "paid-through-provider"
    title: ClassVar[str] = "The money came through a provider"


class PaidBefore(Problem):
    """The money was taken where the order came from: there is no movement of ours to take back."""

    slug: ClassVar[str] = "paid-before-import"
    title: ClassVar[str] = "The money was taken before the order was imported"


class PaidBack(Problem):
    """Money went back, so it had come: the order is refunded, and not unpaid."""

    slug: ClassVar[str] = "paid-back"
    title: ClassVar[str] = "Money was paid back already"


@dataclass(frozen=True, slots=True)
class Money:
    """What somebody says was paid or paid back; the amount as written."""

    kind: Kind
    amount: str
    currency: str
    method: str
    reference: str | None
    document: str | None = None


async def record(tx: Transaction, shop: str, code: str, money: Money, actor: str) -> tuple[dict[str, Any], int]:
    """Record it and bring the documents up to it; what was recorded, and how many documents were issued.

    Raises `NotFound`, `Invalid` (naming the field) or `RefundTooLarge`.
    """
    ledger = await hold(tx, shop, code)
    order = ledger.order
    amount = read_amount(money.amount, money.currency, order.currency)
    await check_method(tx, order, money.method)
    if money.kind is Kind.REFUND:
        check_refundable(ledger, amount)
    check_credit_note(ledger, money.document)
    movement = Movement(money.kind, amount, money.method, money.reference, document_id=money.document)
    return _view(order, booked := await book(tx, order.id, movement, actor)), booked.issued


async def settle(
    tx: Transaction, shop: str, code: str, method: str | None, reference: str | None, actor: str
) -> list[Booked]:
    """The order is paid: what is still missing is recorded as captured; nothing where nothing is missing.

    Without a `method` it came by the order's own. Raises `Invalid` where there is no such method.
    """
    ledger = await hold(tx, shop, code)
    order = ledger.order
    if method is not None:
        await check_method(tx, order, method)
    amount = missing(order, ledger.paid)
    if not amount:
        return []
    by = method or chosen(order.payment_method, await find_methods(tx.conn, shop))
    movement = Movement(Kind.CAPTURE, amount, by, reference)
    return [await book(tx, order.id, movement, actor)]


async def unsettle(tx: Transaction, shop: str, code: str, reference: str | None, actor: str) -> list[Booked]:
    """The order is not paid after all: every capture by hand is taken back by a movement of its own, none is erased.

    Raises `NotByHand` where a provider's money is among them, `PaidBack` where a refund is, `PaidBefore` where an
    import brought the money.
    """
    ledger = await hold(tx, shop, code)
    if ledger.order.paid_before:
        raise PaidBefore("What was paid elsewhere stays as the import said it; what goes back here is a refund.")
    if ledger.paid.refunded:
        raise PaidBack("Money that was paid back had come: the order is refunded, not unpaid.")
    own = payments.c.order_id == ledger.order.id
    by_method: dict[str, int] = {}
    for row in (await tx.execute(select(payments).where(own).order_by(payments.c.id))).all():
        if row.charge_id is not None:
            raise NotByHand("A provider took the money: refund it instead.")
        sign = {Kind.CAPTURE: 1, Kind.REVERSAL: -1}.get(Kind(row.kind), 0)
        by_method[row.method] = by_method.get(row.method, 0) + sign * row.amount
    return [
        await book(tx, ledger.order.id, Movement(Kind.REVERSAL, amount, method, reference), actor)
        for method, amount in by_method.items()
        if amount > 0
    ]


async def hold(tx: Transaction, shop: str, code: str) -> Ledger:
    """The ledger of an order, locked until the end of the transaction; raises `NotFound`."""
    order_id = await order_of(tx.conn, shop, code)
    await lock_keys(tx, Order.name, [order_id])
    return (await ledgers(tx.conn, [order_id]))[order_id]


async def order_of(conn: AsyncConnection, shop: str, code: str) -> str:
    """The id of the order with this code (or id); raises `NotFound` before it was heard of."""
    named = (accounts.c.code == code) | (accounts.c.order_id == code)
    statement = select(accounts.c.order_id).where(accounts.c.shop == shop, named)
    found: str | None = (await conn.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Billing has heard of no order {code!r}.")
    return found


def read_amount(written: str, currency: str, expected: str, *, field: str = "amount") -> int:
    """Minor units of an amount written in `field`, in the order's currency; raises `Invalid`, naming the field."""
    try:
        amount = parse_amount(written, currency)
    except UnknownCurrency as error:
        raise Invalid(str(error), field="currency") from error
    except InvalidAmount as error:
        raise Invalid(str(error), field=field) from error
    if currency != expected:
        raise Invalid(f"The order is in {expected}, not in {currency}.", field="currency")
    if not 0 < amount <= MOST:
        raise Invalid("The amount must be more than nothing, and not beyond all measure.", field=field)
    return amount


async def check_method(tx: Transaction, order: Order, method: str, *, field: str = "method") -> None:
    """Raise `Invalid`, naming the field, where money of the order cannot have moved by this method."""
    known = await known_methods(tx.conn, order)
    if method not in known:
        raise Invalid(f"The shop has no method of payment {method!r}.", field=field, known=known)


def check_refundable(ledger: Ledger, amount: int) -> None:
    """Raise `RefundTooLarge` where less is left of what was captured, refunds on their way taken off."""
    left = ledger.paid.left
    if amount > left:
        order = ledger.order
        kept = str(from_minor(left, order.currency))
        raise RefundTooLarge(f"Of what was captured, {kept} {order.currency} is left to refund.", refundable=kept)


def check_credit_note(ledger: Ledger, document: str | None) -> None:
    """Raise `Invalid` where the order has no such credit note."""
    notes = [one.id for one in ledger.issued if one.reason is not None]
    if document is not None and document not in notes:
        raise Invalid("The order has no such credit note.", field="credit_note")


def _view(order: Order, booked: Booked) -> dict[str, Any]:
    said = {"warning": warning(order, booked.paid), "payment": str(payment_fact(order, booked.paid))}
    return payment_view(booked.row) | said | {"due": str(from_minor(owed(order, booked.paid), order.currency))}
