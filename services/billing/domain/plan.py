"""The documents an order needs, drafted one after another on a copy of its ledger.

Each step keeps the ledger true, so that the next one sees what the earlier drafts did. `due` decides which steps are
taken; here stands only how units and money become documents.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.billing.domain.coverage import Coverage, coverage
from services.billing.domain.grants import Grant, newest
from services.billing.domain.ledger import Invoice, Issued, Position, covered, covering_invoices, refunded_away
from services.billing.domain.payment import Paid
from services.billing.domain.pricing import line_value, price_more, stated
from shared.contracts import DocumentKind, InvoicePolicy, Order
from shared.money import apportion


@dataclass(frozen=True, slots=True)
class Draft:
    """A document to be issued; it has everything but its number.

    `scope` is `order/2` or `parcel/1` for an invoice and the invoice's id for a credit note, `generation` counts the
    documents of the same scope. `reason` of a credit note: cancelled, corrected, returned, refunded, granted (by hand,
    taken over from a credited invoice), manual (by hand; `grant` has its text).
    """

    id: str
    kind: DocumentKind
    scope: str
    generation: int
    positions: tuple[Position, ...]
    refers_to: str | None = None
    reason: str | None = None
    grant: Grant | None = None


class Plan:
    """Drafts for one order, and the invoices that cover it as they would leave them (`live`, oldest first)."""

    def __init__(self, order: Order, documents: Sequence[Issued], new_id: Callable[[], str]) -> None:
        self.order = order
        self.live = covering_invoices(documents)
        self.refunded = refunded_away(documents)
        self.grant = newest(document.grant for document in documents)
        self.drafts: list[Draft] = []
        self._new_id = new_id
        self._generations = Counter(document.scope for document in documents)

    def target(self, policy: InvoicePolicy, paid: Paid) -> Coverage:
        """What the live invoices must come to."""
        return coverage(self.order, policy, paid, covered(self.live), self.refunded, self.grant)

    @property
    def value(self) -> int:
        """The gross amount of the live invoices, net of credits."""
        return sum(invoice.value for invoice in self.live)

    @property
    def reduced(self) -> bool:
        """Whether money was credited that no unit explains."""
        return any(invoice.reduced for invoice in self.live)

    def by_money(self, target: Coverage) -> bool:
        """Whether amounts tell what is due: money was credited, or is to be, that no unit explains."""
        return self.reduced or target.reduction != 0

    def value_with(self, least: Mapping[int, int]) -> int:
        """The same once at least these units are covered."""
        more = price_more(self.order, self.live, self._missing(least))
        return self.value + sum(position.amounts.gross for position in more)

    def credit_in_full(self, invoices: Iterable[Invoice], reason: str) -> None:
        for invoice in list(invoices):
            self.credit(invoice, invoice.remaining, reason)

    def credit_units(self, most: Mapping[int, int], *, free: bool) -> None:
        """Credit the units beyond `most`, from the newest invoice on; only those without an amount where `free`."""
        surplus = covered(self.live)
        surplus.subtract(most)
        for invoice in reversed(self.live):
            taken = []
            for position in invoice.positions.values():
                units = min(position.quantity, surplus[position.line])
                if units > 0 and not (free and position.amounts.gross):
                    taken.append(self.part(position, units))
                    surplus[position.line] -= units
            if taken:
                self.credit(invoice, taken, "returned")

    def credit_money(self, gross: int, reason: str) -> None:
        """Credit an amount without units, from the newest invoice on; never more than is left of them.

        Only a refund takes an invoice with its units: what it was for is known by them (`refunded_away`).
        """
        for invoice in reversed(self.live):
            amount = min(gross, invoice.value)
            if amount <= 0:
                continue
            gross -= amount
            taken = money_of(invoice, amount) if reason == "refunded" else spread(invoice, amount)
            self.credit(invoice, taken, reason)

    def invoice_missing(self, least: Mapping[int, int], *, by_parcel: bool) -> None:
        """Invoice what is missing to `least`: by parcel, or all at once."""
        missing = self._missing(least)
        if not missing:
            return
        for scope, units in (self._parcels(missing) if by_parcel else []) or [(self.free_scope(), missing)]:
            self.invoice(scope, units)

    def _missing(self, least: Mapping[int, int]) -> Counter[int]:
        missing = Counter(dict(least))
        missing.subtract(covered(self.live))
        return +missing

    def _parcels(self, missing: Counter[int]) -> list[tuple[str, Counter[int]]]:
        """The missing units by parcel, newest parcels first served; what no parcel holds goes with the first."""
        scopes = {invoice.scope for invoice in self.live}
        missing, found = missing.copy(), []
        for parcel in sorted(self.order.parcels, key=lambda parcel: -parcel.number):
            scope, content = f"parcel/{parcel.number}", Counter[int]()
            for line in parcel.lines:
                content[line.line] += line.quantity
            units = content & missing
            if units and scope not in scopes:
                found.append((scope, units))
                missing -= units
        found.reverse()
        if found:
            found[0][1].update(missing)
        return found

    def free_scope(self) -> str:
        scopes = {invoice.scope for invoice in self.live}
        return next(scope for scope in (f"order/{n}" for n in range(1, len(scopes) + 2)) if scope not in scopes)

    def invoice(self, scope: str, units: Mapping[int, int], grant: Grant | None = None) -> None:
        order, positions = self.order, price_more(self.order, self.live, units)
        draft = self._draft(DocumentKind.INVOICE, scope, positions, grant=grant)
        self.live.append(Invoice.of(draft.id, scope, order.currency, order.prices_include_tax, positions))

    def credit(self, invoice: Invoice, positions: Sequence[Position], reason: str) -> None:
        """Take it back; without a document where it comes to nothing, other than all of an invoice of free goods."""
        if not invoice.gross or any(position.amounts.gross for position in positions):
            self._draft(DocumentKind.CREDIT_NOTE, invoice.id, tuple(positions), invoice.id, reason)
        invoice.credit(positions)
        if not invoice.covers:
            self.live = [other for other in self.live if other is not invoice]

    def part(self, position: Position, units: int) -> Position:
        """Some units of a position, so priced that the units left are worth what they would be alone."""
        included = self.order.prices_include_tax
        if units == position.quantity:
            return position
        of_line = [invoice.positions[position.line] for invoice in self.live if position.line in invoice.positions]
        left = sum(other.quantity for other in of_line) - units
        total = sum(stated(other.amounts, included=included) for other in of_line)
        line = next(line for line in self.order.lines if line.id == position.line)
        amount = total - line_value(self.order, line, left)
        bounds = sorted((0, stated(position.amounts, included=included)))
        return position.part(units, min(max(amount, bounds[0]), bounds[1]), included=included)

    def _draft(
        self,
        kind: DocumentKind,
        scope: str,
        positions: tuple[Position, ...],
        refers_to: str | None = None,
        reason: str | None = None,
        grant: Grant | None = None,
    ) -> Draft:
        self._generations[scope] += 1
        draft = Draft(self._new_id(), kind, scope, self._generations[scope], positions, refers_to, reason, grant)
        self.drafts.append(draft)
        return draft


def money_of(invoice: Invoice, gross: int) -> list[Position]:
    """So much of what is left of an invoice, spread over its lines and without units; all of it with them."""
    return invoice.remaining if gross >= invoice.value else spread(invoice, gross)


def spread(invoice: Invoice, gross: int) -> list[Position]:
    """So much of what is left of an invoice, over its lines and without units."""
    rest = invoice.remaining
    shares = apportion(gross, [position.amounts.gross for position in rest])
    return [position.money(share) for position, share in zip(rest, shares, strict=True) if share]
