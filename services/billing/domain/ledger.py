"""What an order's documents cover: each live invoice with what its credit notes left of it.

A credit note takes back *units* (goods came back, or the invoice is cancelled) or *money* (a refund without goods). The
two are kept apart, so that units can be counted against the order while the money explains the rest. `due` compares
this with `coverage`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from services.billing.domain.grants import Grant
from services.billing.domain.rates import Rate
from shared.contracts import DocumentKind, Line
from shared.money import NOTHING, Amounts, apportion, reduced_alike


@dataclass(frozen=True, slots=True)
class Position:
    """Units of one order line on a document. A credit of money alone has no units."""

    line: int
    sku: str
    name: str
    kind: str
    unit_price: Decimal
    tax_rate: Decimal
    quantity: int
    amounts: Amounts
    discount: int = 0
    """Of the whole order line, in minor units, and `ordered`, the quantity it was for."""
    ordered: int = 0
    treatment: str = field(default="", compare=False)
    """Of VAT (`treatments`), as the invoice says it; empty before that."""

    @classmethod
    def of(cls, line: Line, quantity: int, amounts: Amounts) -> "Position":
        return cls(
            line.id,
            line.sku,
            line.name,
            line.kind,
            line.unit_price,
            line.tax_rate,
            quantity,
            amounts,
            line.discount,
            line.quantity if line.discount else 0,
        )

    def describes(self, line: Line | None) -> bool:
        """Whether the order still sells this under the same words, at the same price, rate and discount."""
        return (
            line is not None
            and (self.sku, self.name, self.unit_price, self.tax_rate)
            == (line.sku, line.name, line.unit_price, line.tax_rate)
            and reduced_alike(self.discount, self.ordered, line.discount, line.quantity)
        )

    def part(self, quantity: int, stated: int, *, included: bool) -> "Position":
        """`quantity` of these units for `stated` of the stated amount (gross if prices include tax, else net)."""
        if quantity == self.quantity:
            return self
        if included:
            net, _ = apportion(self.amounts.net, [stated, self.amounts.gross - stated])
            return replace(self, quantity=quantity, amounts=Amounts(net, stated - net, stated))
        tax, _ = apportion(self.amounts.tax, [stated, self.amounts.net - stated])
        return replace(self, quantity=quantity, amounts=Amounts(stated, tax, stated + tax))

    def money(self, gross: int) -> "Position":
        """`gross` of this position's amount, without units."""
        net, _ = apportion(self.amounts.net, [gross, self.amounts.gross - gross])
        return replace(self, quantity=0, amounts=Amounts(net, gross - net, gross))


@dataclass(frozen=True, slots=True)
class Issued:
    """A document as far as the rules read it back from its snapshot."""

    id: str
    kind: DocumentKind
    number: str
    issued_on: date
    scope: str
    generation: int
    refers_to: str | None
    reason: str | None
    currency: str
    prices_include_tax: bool
    positions: tuple[Position, ...]
    grant: Grant | None = None
    rate: Rate | None = None
    """Of exchange, where it tells its tax in euros."""


@dataclass(slots=True)
class Invoice:
    """An invoice and what is left of it: `positions` by units, less `reductions` by money (per line)."""

    id: str
    scope: str
    currency: str
    prices_include_tax: bool
    positions: dict[int, Position]
    gross: int
    """As issued."""
    reductions: dict[int, Amounts] = field(default_factory=dict)

    @classmethod
    def of(
        cls, id_: str, scope: str, currency: str, prices_include_tax: bool, positions: Iterable[Position]
    ) -> "Invoice":
        """As issued."""
        held = {position.line: position for position in positions}
        gross = sum(position.amounts.gross for position in held.values())
        return cls(id_, scope, currency, prices_include_tax, held, gross)

    @property
    def covers(self) -> bool:
        """Whether it holds units that no credit note took back."""
        return any(position.quantity for position in self.positions.values())

    @property
    def emptied(self) -> bool:
        """Whether nothing is left of its amount; an invoice of free goods has had none."""
        return self.gross > 0 and self.value == 0

    @property
    def reduced(self) -> bool:
        """Whether money was credited that no returned unit explains."""
        return any(amounts.gross for amounts in self.reductions.values())

    @property
    def remaining(self) -> list[Position]:
        """The positions with what is left of their amounts: what a credit in full takes back."""
        return [
            replace(position, amounts=position.amounts - self.reductions.get(position.line, NOTHING))
            for position in self.positions.values()
            if position.quantity
        ]

    @property
    def value(self) -> int:
        """The gross amount left."""
        return sum(position.amounts.gross for position in self.remaining)

    def credit(self, positions: Iterable[Position]) -> None:
        """Take back what a credit note took back. A line without units left has no money left either."""
        for taken in positions:
            held = self.positions[taken.line]
            if not taken.quantity:
                self.reductions[taken.line] = self.reductions.get(taken.line, NOTHING) + taken.amounts
            elif taken.quantity == held.quantity:
                self.positions[taken.line] = replace(held, quantity=0, amounts=NOTHING)
                self.reductions.pop(taken.line, None)
            else:
                rest = replace(held, quantity=held.quantity - taken.quantity, amounts=held.amounts - taken.amounts)
                self.positions[taken.line] = rest

    def give_up(self, again: Iterable[Position]) -> None:
        """Cease to cover units that were invoiced again."""
        for position in again:
            if held := self.positions.get(position.line):
                left = max(0, held.quantity - position.quantity)
                self.positions[position.line] = replace(held, quantity=left)


def live_invoices(documents: Sequence[Issued]) -> list[Invoice]:
    """The invoices that credit notes have not taken back in full, in the order of issue."""
    return [invoice for invoice in covering_invoices(documents) if not invoice.emptied]


def covering_invoices(documents: Sequence[Issued]) -> list[Invoice]:
    """The invoices that cover units, in the order of issue: the live ones, and those that money alone emptied.

    The units of the latter are not to be invoiced once more because of it; where they were, they count there.
    """
    invoices: dict[str, Invoice] = {}
    for document in documents:
        if document.kind is DocumentKind.INVOICE:
            for earlier in invoices.values():
                if earlier.emptied:
                    earlier.give_up(document.positions)
            common = document.scope, document.currency, document.prices_include_tax
            invoices[document.id] = Invoice.of(document.id, *common, document.positions)
        elif document.kind is DocumentKind.CREDIT_NOTE and document.refers_to in invoices:
            invoices[document.refers_to].credit(document.positions)
    return [invoice for invoice in invoices.values() if invoice.covers]


def covered(invoices: Iterable[Invoice]) -> Counter[int]:
    """How many units of each line the invoices cover."""
    units: Counter[int] = Counter()
    for invoice in invoices:
        for position in invoice.positions.values():
            units[position.line] += position.quantity
    return units


def refunded_away(documents: Iterable[Issued]) -> Counter[int]:
    """The units of invoices that a refund took in full: no longer covered, but still what the refund was for.

    Until they are invoiced again: then they are covered, and would count twice.
    """
    units: Counter[int] = Counter()
    for document in documents:
        held = Counter({position.line: position.quantity for position in document.positions})
        if document.reason == "refunded":
            units += held
        elif document.kind is DocumentKind.INVOICE:
            units -= held
    return units
