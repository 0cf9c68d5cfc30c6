"""Credit notes by hand, and invoices made anew: drafted by the rules, numbered as all others, under the order's lock.

The lock is the one that messages and payments take, so that two hands, or a hand and a message, never credit more than
is left. Afterwards the order is converged as ever: the rules know of what was granted (`domain.grants`). A refund that
goes with a credit note is recorded in the same transaction, and refers to it.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select

from services.billing.commands.answers import blocked_reasons
from services.billing.commands.converge import converge
from services.billing.commands.issue import Work, issue
from services.billing.commands.pay import Money, check_method, record
from services.billing.commands.rates import with_rate
from services.billing.domain import (
    Case,
    Draft,
    Kind,
    NothingLeft,
    TooMuch,
    UnknownLine,
    Wish,
    credit_note,
    is_invoice,
    reissue,
)
from services.billing.queries.documents import find_document
from services.billing.queries.drafts import draft_view
from services.billing.queries.external import find_external
from services.billing.queries.ledgers import Ledger, ledgers
from services.billing.tables import documents
from shared.batch import lock_keys
from shared.contracts import Order, Shop
from shared.database import new_id
from shared.money import InvalidAmount, from_minor, parse_amount
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem
from shared.security import find_shop


class MoreThanLeft(Problem):
    """Credit notes never come to more than their invoice."""

    slug: ClassVar[str] = "more-than-left"
    title: ClassVar[str] = "More cannot be credited than is left of the invoice"


class NotLive(Problem):
    """The invoice was credited in full already."""

    slug: ClassVar[str] = "nothing-left"
    title: ClassVar[str] = "Nothing is left of the invoice"


class MadeElsewhere(Problem):
    """An invoice of other software is credited by other software."""

    slug: ClassVar[str] = "made-elsewhere"
    title: ClassVar[str] = "The invoice was made in other software"


@dataclass(frozen=True, slots=True)
class Credit:
    """What somebody asks for, as written: units by line id, or an amount, or neither for all that is left."""

    text: str
    by: str
    lines: dict[int, int] | None = None
    amount: str | None = None
    refund: tuple[str, str | None] | None = None
    """Method and reference of the money that goes back with it."""


@dataclass(frozen=True, slots=True)
class _Held:
    """An invoice's order, locked."""

    invoice_id: str
    order: Order
    shop: Shop
    ledger: Ledger

    @property
    def case(self) -> Case:
        return Case(self.order, self.shop.invoice_policy, self.ledger.paid, self.ledger.issued)


async def preview(tx: Transaction, shop: str, document_id: str, wanted: Credit) -> dict[str, Any]:
    """What the credit note would say; nothing is kept."""
    held = await _hold(tx, shop, document_id)
    await _check_refund(tx, held, wanted)
    return draft_view(_draft(held, wanted), held.order.currency, held.ledger.issued)


async def credit(tx: Transaction, shop: str, document_id: str, wanted: Credit) -> dict[str, Any]:
    """Issue it; the document, with the `refund` that was recorded or null.

    Raises `NotFound`, `NotLive`, `MoreThanLeft`, `Invalid` naming the field, or what `record` raises.
    """
    held = await _hold(tx, shop, document_id)
    await _check_refund(tx, held, wanted)
    draft = _draft(held, wanted)
    await _issue(tx, held, [draft])
    [view] = await _views(tx, held, [draft.id])
    refund = None
    if wanted.refund is not None:
        method, reference = wanted.refund
        amount, currency = view["totals"]["gross"], held.order.currency
        money = Money(Kind.REFUND, amount, currency, method, reference or view["number"], view["id"])
        refund, _ = await record(tx, shop, held.order.id, money, wanted.by)
    return view | {"refund": refund}


async def make_anew(tx: Transaction, shop: str, document_id: str, text: str, by: str) -> list[dict[str, Any]]:
    """Credit the invoice and issue it as the order now is; one credited by hand is issued again.

    The documents that this made, in the order of issue: what was granted by hand is credited on the new invoice again.
    """
    held = await _hold(tx, shop, document_id)
    if held.ledger.imported is not None:
        raise NotLive(f"Invoice {held.ledger.imported.number} of other software stands for this order.")
    try:
        drafts = reissue(held.case, document_id, Wish(text, by), new_id)
    except NothingLeft as error:
        raise NotLive("The order's state took this invoice back: it is issued anew as the order goes on.") from error
    before = len(held.ledger.documents)
    await _issue(tx, held, drafts)
    after = (await ledgers(tx.conn, [held.order.id]))[held.order.id]
    return await _views(tx, held, [one.id for one in after.issued[before:]])


async def _hold(tx: Transaction, shop: str, document_id: str) -> _Held:
    own = (documents.c.shop == shop) & (documents.c.id == document_id)
    order_id = (await tx.execute(select(documents.c.order_id).where(own))).scalar_one_or_none()
    known = await find_shop(tx.conn, shop)
    if order_id is None and (imported := await find_external(tx.conn, shop, document_id)):
        raise MadeElsewhere(f"{imported['number']} was imported: credit it where it was made, or take the import back.")
    if order_id is None or known is None:
        raise NotFound(f"There is no document {document_id!r}.")
    await lock_keys(tx, Order.name, [order_id])
    ledger = (await ledgers(tx.conn, [order_id]))[order_id]
    if not is_invoice(ledger.issued, document_id):
        raise NotFound(f"Document {document_id!r} is no invoice.")
    return _Held(document_id, ledger.order, known, ledger)


async def _check_refund(tx: Transaction, held: _Held, wanted: Credit) -> None:
    if wanted.refund is not None:
        await check_method(tx, held.order, wanted.refund[0], field="refund.method")


def _draft(held: _Held, wanted: Credit) -> Draft:
    currency = held.order.currency
    wish = Wish(wanted.text, wanted.by, wanted.lines, _amount(wanted.amount, currency))
    try:
        return credit_note(held.case, held.invoice_id, wish, new_id)
    except NothingLeft as error:
        raise NotLive("The invoice was credited in full, or what was asked for comes to nothing.") from error
    except UnknownLine as error:
        raise Invalid(f"The invoice has no {error}.", field="lines") from error
    except TooMuch as error:
        left = str(from_minor(error.left, currency)) if error.line is None else error.left
        where = "the invoice" if error.line is None else f"line {error.line}"
        raise MoreThanLeft(f"Of {where}, {left} is left to credit.", left=left, line=error.line) from error


def _amount(text: str | None, currency: str) -> int | None:
    if text is None:
        return None
    try:
        amount = parse_amount(text, currency)
    except InvalidAmount as error:
        raise Invalid(str(error), field="amount") from error
    if amount <= 0:
        raise Invalid("The amount must be more than nothing.", field="amount")
    return amount


async def _issue(tx: Transaction, held: _Held, drafts: list[Draft]) -> None:
    """Issue the drafts, bring the order to what its state asks beside them, and answer."""
    await issue(tx, [await with_rate(tx, Work(held.order, held.shop, held.ledger, drafts))])
    await converge(tx, [held.order], blocked=await blocked_reasons(tx, [held.order.id]))


async def _views(tx: Transaction, held: _Held, ids: list[str]) -> list[dict[str, Any]]:
    found = [await find_document(tx.conn, held.order.shop, id_) for id_ in ids]
    return [view for view in found if view is not None]
