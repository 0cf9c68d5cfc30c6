"""Which documents an order needs now: the difference between what its state asks and what its documents cover.

The result is a function of the order's present state, the money and the documents, so it may be asked for again after
any crash, duplicate or lost message: once its documents are issued it is empty. Amounts come by difference too, so that
the parts of an order add up to the order, to the minor unit.

    cancelled                       every live invoice is credited in full
    a line, price or rate changed   the invoices that bear it are credited in full, the next generation is issued
    goods came back                 their units are credited, from the newest invoice on
    refunded beyond the goods       the money is credited
    credited by hand                neither invoiced again nor credited twice
    more to cover                   it is invoiced: one invoice, or one for each parcel
"""

from collections.abc import Callable, Sequence

from services.billing.domain.coverage import Coverage, out_and_back
from services.billing.domain.ledger import Invoice, Issued, covered
from services.billing.domain.payment import Paid
from services.billing.domain.plan import Draft, Plan
from shared.contracts import InvoicePolicy, Invoicing, Order

_NOTHING_DUE = (Invoicing.NEVER, Invoicing.NOTHING_NEW, Invoicing.OTHER)


def due(
    order: Order, policy: InvoicePolicy, paid: Paid, documents: Sequence[Issued], new_id: Callable[[], str]
) -> list[Draft]:
    """The documents to issue, in the order of issue; ids are given already, so that one may refer to another."""
    level = order.levels.invoicing
    if level in _NOTHING_DUE or order.test or (level is Invoicing.CREDIT and not documents):
        return []
    plan = Plan(order, documents, new_id)
    if level is Invoicing.CREDIT:
        plan.credit_in_full(plan.live, "cancelled")
        return plan.drafts
    plan.credit_in_full(_changed(order, plan.live), "corrected")
    _cover(plan, policy, paid)
    return plan.drafts


def _cover(plan: Plan, policy: InvoicePolicy, paid: Paid) -> None:
    """Bring the live invoices, none of which says anything wrong, to what the order asks.

    Units tell what is missing or came back; once money was credited without units, the amounts tell, and units tell
    only of what the amounts allow: it would be wanted all at once when they cease to tell. What came back altogether
    takes all that is left, with its units.
    """
    target = plan.target(policy, paid)
    if plan.reduced and plan.value_with(target.least) < target.floor:
        plan.credit_in_full([invoice for invoice in plan.live if invoice.reduced], "corrected")
        target = plan.target(policy, paid)
    by_money = plan.by_money(target)
    if by_money and not target.ceiling and not any(target.most[line] for line in +covered(plan.live)):
        plan.credit_in_full(plan.live, "returned")
    plan.credit_units(target.most, free=by_money and (plan.reduced or plan.value <= target.ceiling))
    fits = plan.value_with(target.least) <= max(plan.value, target.ceiling)
    if not by_money or plan.value < target.floor or fits:
        plan.invoice_missing(target.least, by_parcel=policy is InvoicePolicy.PER_SHIPMENT)
    if by_money:
        plan.credit_money(plan.value - target.ceiling, _reason(target))


def _reason(target: Coverage) -> str:
    """Why money is credited that no unit explains."""
    if target.refunded:
        return "refunded"
    return "granted" if target.reduction else "returned"


def _changed(order: Order, live: Sequence[Invoice]) -> list[Invoice]:
    """The live invoices that say something the order no longer says, or cover more than it sells; newest first."""
    lines = {line.id: line for line in order.lines}
    surplus = covered(live)
    for line in order.lines:
        surplus[line.id] -= max(line.quantity, out_and_back(line)[0])
    found = []
    for invoice in reversed(live):
        held = [position for position in invoice.positions.values() if position.quantity]
        if (invoice.currency, invoice.prices_include_tax) != (order.currency, order.prices_include_tax) or any(
            surplus[position.line] > 0 or not position.describes(lines.get(position.line)) for position in held
        ):
            found.append(invoice)
            for position in held:
                surplus[position.line] -= position.quantity
    return found
