"""Credit notes that a person asks for: an invoice in full, units of its lines, or an amount; and invoices made anew.

Never more than is left of the invoice. What was credited by hand stays so: the draft bears a `Grant` by which every
later convergence knows of it, made so that the present state asks for nothing more. Pure, like `due`, and drafted on
the same `Plan`. Neighbour: `services.billing.commands.credit`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.billing.domain.coverage import Coverage, out_and_back
from services.billing.domain.grants import Grant
from services.billing.domain.ledger import Invoice, Issued, Position, covered
from services.billing.domain.payment import Paid
from services.billing.domain.plan import Draft, Plan, money_of
from services.billing.domain.pricing import stated
from shared.contracts import DocumentKind, InvoicePolicy, Order


class NothingLeft(ValueError):
    """The invoice was credited in full, or what of it is to be credited comes to nothing."""


class UnknownLine(ValueError):
    """The invoice has no such line."""


class TooMuch(ValueError):
    """More is to be credited than is left; `line` names where, None is the whole. `left` is units, or an amount."""

    def __init__(self, left: int, line: int | None = None) -> None:
        super().__init__(f"{left} left")
        self.left = left
        self.line = line


@dataclass(frozen=True, slots=True)
class Wish:
    """What to credit: units by line id, an amount (gross, minor units), or all that is left; who asks, and why."""

    text: str
    by: str
    lines: Mapping[int, int] | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An order as it stands: what the rules need of it."""

    order: Order
    policy: InvoicePolicy
    paid: Paid
    documents: Sequence[Issued]


def credit_note(case: Case, invoice_id: str, wish: Wish, new_id: Callable[[], str]) -> Draft:
    """The credit note that was asked for; raises `NothingLeft`, `UnknownLine` or `TooMuch`."""
    plan = Plan(case.order, case.documents, new_id)
    invoice = _live(plan, invoice_id)
    positions = _positions(plan, invoice, wish)
    standing = _standing(plan, case)
    before = plan.target(case.policy, case.paid)
    rests, by_money = _rests(plan, before), plan.by_money(before)
    if not any(position.amounts.gross for position in positions):
        raise NothingLeft
    plan.credit(invoice, positions, "manual")
    units = Counter(standing.units)
    units.update({position.line: position.quantity for position in positions})
    plan.grant = replace(standing, units=dict(units), money=0)
    after = plan.target(case.policy, case.paid)
    gross = sum(position.amounts.gross for position in positions)
    money = _money(plan, after, before.ceiling - gross, rests=rests) if by_money or plan.reduced else 0
    grant = replace(plan.grant, money=money, refunded=after.refunded, text=wish.text, by=wish.by)
    return replace(plan.drafts[-1], grant=grant)


def reissue(case: Case, invoice_id: str, wish: Wish, new_id: Callable[[], str]) -> list[Draft]:
    """An invoice credited in full and issued anew as the order now is; one credited by hand is issued again.

    Raises `NothingLeft` where the order's state, and not a hand, took the invoice back.
    """
    plan = Plan(case.order, case.documents, new_id)
    invoice = next((one for one in plan.live if one.id == invoice_id and not one.emptied), None)
    if invoice is not None:
        units = {position.line: position.quantity for position in invoice.positions.values() if position.quantity}
        plan.credit_in_full([invoice], "corrected")
        plan.invoice(invoice.scope, units)
        return plan.drafts
    gone = next(one for one in case.documents if one.id == invoice_id)
    units = {position.line: position.quantity for position in gone.positions}
    standing = _standing(plan, case)
    known = {line.id for line in case.order.lines}
    if any(standing.units.get(line, 0) < count or line not in known for line, count in units.items()):
        raise NothingLeft
    left = {line: count - units.get(line, 0) for line, count in standing.units.items()}
    plan.invoice(plan.free_scope(), units, replace(standing, units=left, text=wish.text, by=wish.by))
    return plan.drafts


def is_invoice(documents: Sequence[Issued], document_id: str) -> bool:
    """Whether the order has an invoice with this id."""
    return any(one.id == document_id and one.kind is DocumentKind.INVOICE for one in documents)


def _live(plan: Plan, invoice_id: str) -> Invoice:
    invoice = next((one for one in plan.live if one.id == invoice_id), None)
    if invoice is None or not invoice.value:
        raise NothingLeft
    return invoice


def _positions(plan: Plan, invoice: Invoice, wish: Wish) -> list[Position]:
    if wish.lines is not None:
        return [_units(plan, invoice, line, count) for line, count in wish.lines.items()]
    if wish.amount is None:
        return invoice.remaining
    if wish.amount > invoice.value:
        raise TooMuch(invoice.value)
    return money_of(invoice, wish.amount)


def _units(plan: Plan, invoice: Invoice, line: int, count: int) -> Position:
    """Some units of a line; where an amount was taken off the line already, their share of what is left of it."""
    if line not in invoice.positions:
        raise UnknownLine(f"line {line}")
    held = invoice.positions[line]
    if count > held.quantity:
        raise TooMuch(held.quantity, line)
    if line not in invoice.reductions:
        return plan.part(held, count)
    rest = next(position for position in invoice.remaining if position.line == line)
    included = invoice.prices_include_tax
    return rest.part(count, stated(rest.amounts, included=included) * count // held.quantity, included=included)


def _standing(plan: Plan, case: Case) -> Grant:
    """The grant so far, less what later returns and refunds explain; from now on counted from here."""
    returned = {line.id: out_and_back(line)[1] for line in case.order.lines}
    target = plan.target(case.policy, case.paid)
    units, _ = plan.grant.left(returned)
    return Grant(units, target.reduction - target.refunded, returned, target.refunded)


def _money(plan: Plan, after: Coverage, ceiling: int, *, rests: bool) -> int:
    """The money to grant beside the units, `after` which the order asks for `ceiling` at most.

    Of an order that was at rest, so that it still is: rounding, and what the amounts held back, are no reason to issue.
    """
    money = after.ceiling - max(0, ceiling)
    return min(max(money, after.floor - plan.value), after.ceiling - plan.value) if rests else money


def _rests(plan: Plan, target: Coverage) -> bool:
    """Whether the invoices are what the order asks for: by their amounts, or else by their units."""
    if plan.by_money(target):
        return target.floor <= plan.value <= target.ceiling
    units = covered(plan.live)
    return all(least <= units[line] <= target.most[line] for line, least in target.least.items())
