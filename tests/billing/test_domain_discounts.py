"""Reduced lines: invoices in parts add up to the reduced order, and what comes back is credited at what was paid."""

from decimal import Decimal
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain import Invoice, Issued, Paid, due, issued, live_invoices
from services.billing.domain.snapshot import Numbered, snapshot
from shared.contracts import DocumentKind, InvoicePolicy, Invoicing, Order
from shared.money import line_amount, units_amount
from tests.billing.builders import NOON, issue, line, order, shop
from tests.billing.test_domain_paths import POLICIES, USUAL, Steps, World, steps, walk

PERCENTS = (0, 5, 10, 33, 50, 100)


class Reduced(World):
    """The same world, where a step named `discount` changes how much is taken off a line."""

    percents: dict[int, int]

    def __init__(self, include_tax: bool) -> None:
        super().__init__(include_tax)
        self.percents = {}

    def step(self, what: str, id_: int, n: int) -> None:
        super().step(what, id_, n)
        if what == "discount":
            self.percents[id_] = PERCENTS[n % 6]

    def discount(self, id_: int) -> int:
        stated = line_amount(self.lines[id_].quantity, Decimal(self.lines[id_].price), "EUR")
        return stated * self.percents.get(id_, 0) // 100

    @property
    def order(self) -> Order:
        plain = super().order
        lines = [one.model_copy(update={"discount": self.discount(one.id)}) for one in plain.lines]
        more = plain.model_dump(include={"parcels", "invoice_wanted"})
        return order(
            *lines,
            version=self.version,
            invoicing=self.level,
            prices_include_tax=self.include_tax,
            **more,
        )

    def worth(self, units: dict[int, int]) -> int:
        """By rate, as the client was shown: what is reduced bears the tax of what is left."""
        by_rate: dict[Decimal, int] = {}
        for id_, n in units.items():
            sold = self.lines[id_]
            amount = units_amount(n, sold.quantity, Decimal(sold.price), self.discount(id_), "EUR")
            by_rate[Decimal(sold.rate)] = by_rate.get(Decimal(sold.rate), 0) + amount
        if self.include_tax:
            return sum(by_rate.values())
        return sum(net + int(net * rate / 100 + Decimal("0.5")) for rate, net in by_rate.items())


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(POLICIES), st.booleans(), steps(*USUAL, "discount", "discount"))
def test_documents_follow_the_reduced_order(policy: InvoicePolicy, include_tax: bool, history: Steps) -> None:
    world = Reduced(include_tax)
    documents = walk(world, policy, history)
    live = live_invoices(documents)
    net = sum(invoice.value for invoice in live)
    unlike = apart(world, live)
    assert abs(net - world.expected()) <= (unlike if include_tax else unlike + len(documents))


def apart(world: Reduced, live: list[Invoice]) -> int:
    """How far invoices may be from the order where a reduced line's quantity changed after it was invoiced in part.

    The rounding of another quantity's discount is no change of price (`Position.describes`): less than two cents a
    line, and one for the rounding of the units invoiced.
    """
    positions = [one for invoice in live for one in invoice.positions.values() if one.quantity and one.discount]
    return sum(3 for one in positions if one.ordered != world.lines[one.line].quantity)


def drafted(subject: Order, documents: list[Issued]) -> list[Issued]:
    """The documents after billing looked at this state of the order."""
    ids = count(len(documents) + 1)
    drafts = due(subject, InvoicePolicy.ON_SHIPMENT, Paid(), documents, lambda: f"doc-{next(ids)}")
    return issue(drafts, subject, documents)


def test_parcels_of_a_reduced_line_add_up_to_it() -> None:
    documents: list[Issued] = []
    for out in (1, 2, 3):
        documents = drafted(order(line(quantity=3, shipped=out, price="3.33", discount=100)), documents)
    assert [position.amounts.gross for one in documents for position in one.positions] == [300, 299, 300]


def test_what_comes_back_is_credited_at_what_was_paid() -> None:
    documents = drafted(order(line(quantity=2, shipped=2, price="10.00", discount=500)), [])
    back = order(
        line(quantity=2, shipped=2, restocked=1, price="10.00", discount=500), invoicing=Invoicing.LESS_RETURNED
    )
    credit = drafted(back, documents)[-1]
    assert (credit.kind, credit.positions[0].amounts.gross) == (DocumentKind.CREDIT_NOTE, 750)


def test_another_discount_is_another_invoice() -> None:
    documents = drafted(order(line(quantity=2, shipped=2, price="10.00", discount=500)), [])
    changed = drafted(order(line(quantity=2, shipped=2, price="10.00", discount=700)), documents)
    assert [one.kind for one in changed] == [DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE]
    assert sum(invoice.value for invoice in live_invoices(changed)) == 1300


def test_a_snapshot_keeps_what_was_taken_off() -> None:
    subject = order(line(1, quantity=3, shipped=3, price="3.33", discount=100), line(2, shipped=1))
    (draft,) = due(subject, InvoicePolicy.ON_SHIPMENT, Paid(), [], lambda: "doc-1")
    content = snapshot(subject, shop(), draft, Numbered("FA2026-00001", "FA2026", 1, NOON.date()))
    assert [found.get("discount") for found in content["lines"]] == [100, None]
    assert issued(content).positions == draft.positions
