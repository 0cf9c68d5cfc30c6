"""Whatever happened to an order, and whichever of it billing heard: the documents follow its last state."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.domain import Issued, Paid, due, live_invoices
from shared.contracts import DocumentKind, InvoicePolicy, Invoicing, Order, Parcel
from shared.money import Item, basket, units_amount
from tests.billing.builders import issue, line, order, parcel

POLICIES = (InvoicePolicy.ON_SHIPMENT, InvoicePolicy.PER_SHIPMENT)
LEVELS = (Invoicing.POLICY, Invoicing.SHIPPED, Invoicing.LESS_RETURNED, Invoicing.CREDIT)
PRICES = ("0.33", "4.90", "7.05", "19.99", "120.00", "0.00")
RATES = ("20", "5.5", "0")

USUAL = ("level", "ship", "ship", "return", "quantity", "price", "add", "pay", "refund", "none")
Steps = list[tuple[str, int, int, bool]]


def steps(*names: str) -> st.SearchStrategy[Steps]:
    """What happens, to which line, a number, and whether billing hears of the state after it."""
    step = st.tuples(st.sampled_from(names), st.integers(1, 3), st.integers(0, 11), st.booleans())
    return st.lists(step, min_size=1, max_size=30)


@dataclass
class Sold:
    quantity: int
    price: str
    rate: str
    shipped: int = 0
    restocked: int = 0

    @property
    def out(self) -> int:
        return self.shipped - self.restocked


@dataclass
class World:
    """An order as the service orders would let it become, and the money that came and went."""

    include_tax: bool
    lines: dict[int, Sold] = field(default_factory=dict)
    parcels: list[Parcel] = field(default_factory=list)
    level: Invoicing = Invoicing.POLICY
    captured: int = 0
    refunded: int = 0
    version: int = 1
    wanted: bool | None = None

    def step(self, what: str, id_: int, n: int) -> None:
        sold = self.lines.get(id_)
        self.version += 1
        if what == "add" or sold is None:
            self.lines.setdefault(id_, Sold(1 + n % 4, PRICES[n % 6], RATES[n % 3]))
        elif what in ("level", "any_level"):
            levels = LEVELS if what == "level" else tuple(Invoicing)
            self.level = levels[n % len(levels)]
        elif what == "wanted":
            self.wanted = (None, True, False)[n % 3]
        elif what == "ship":
            self.ship(id_, sold, n)
        elif what == "return":
            sold.restocked += min(1 + n % 3, sold.out)
        elif what == "quantity":
            sold.quantity = max(sold.out, 1 + n % 5)
        elif what == "price":
            sold.price = PRICES[n % 6]
        elif what == "pay":
            self.captured += 500 * n
        elif what == "refund":
            self.refunded = min(self.captured, self.refunded + 300 * n)

    def ship(self, id_: int, sold: Sold, n: int) -> None:
        units = min(1 + n % 3, sold.quantity - sold.out)
        if units > 0:
            sold.shipped += units
            self.parcels.append(parcel(len(self.parcels) + 1, {id_: units}))

    @property
    def order(self) -> Order:
        lines = [
            line(
                id_, quantity=one.quantity, shipped=one.shipped, restocked=one.restocked, price=one.price, rate=one.rate
            )
            for id_, one in sorted(self.lines.items())
        ]
        return order(
            *lines,
            version=self.version,
            invoicing=self.level,
            parcels=self.parcels,
            prices_include_tax=self.include_tax,
            invoice_wanted=self.wanted,
        )

    @property
    def paid(self) -> Paid:
        return Paid(self.captured, self.refunded)

    def worth(self, units: dict[int, int]) -> int:
        items = [Item(n, Decimal(self.lines[id_].price), Decimal(self.lines[id_].rate)) for id_, n in units.items()]
        return basket(items, "EUR", prices_include_tax=self.include_tax).gross

    def expected(self) -> int:
        """What the live documents must come to, written down from the status model alone."""
        if self.level is Invoicing.CREDIT:
            return 0
        kept = self.worth({id_: one.out for id_, one in self.lines.items()})
        if self.level is not Invoicing.LESS_RETURNED:
            return kept
        sent = self.worth({id_: max(one.out, min(one.shipped, one.quantity)) for id_, one in self.lines.items()})
        overpaid = max(0, self.captured - sent)
        return max(0, min(kept, sent - max(0, self.refunded - overpaid)))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(POLICIES), st.booleans(), steps(*USUAL))
def test_documents_follow_the_last_state(policy: InvoicePolicy, include_tax: bool, history: Steps) -> None:
    world = World(include_tax)
    documents = walk(world, policy, history)
    net = sum(invoice.value for invoice in live_invoices(documents))
    if include_tax:
        assert net == world.expected()
    else:  # a credited line takes along its cent of tax, which the rest of its rate was rounded with
        assert abs(net - world.expected()) <= len(documents)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(InvoicePolicy), st.booleans(), steps(*USUAL, "any_level", "wanted"))
def test_any_policy_comes_to_rest(policy: InvoicePolicy, include_tax: bool, history: Steps) -> None:
    walk(World(include_tax), policy, history)


def walk(world: World, policy: InvoicePolicy, history: Steps) -> list[Issued]:
    """The documents after the history; billing hears the last state in any case."""
    documents, ids = list[Issued](), count(1)
    for what, id_, n, heard in [*history, ("none", 1, 0, True)]:
        world.step(what, id_, n)
        if heard:
            drafts = due(world.order, policy, world.paid, documents, lambda: f"doc-{next(ids)}")
            documents = issue(drafts, world.order, documents)
            again = due(world.order, policy, world.paid, documents, lambda: f"doc-{next(ids)}")
            assert again == [], "asked again, a document is issued twice"
            check_documents(documents)
    return documents


def check_documents(documents: list[Issued]) -> None:
    """What holds for any set of documents, whatever happened."""
    assert len({(one.kind, one.scope, one.generation) for one in documents}) == len(documents)
    live = [invoice.scope for invoice in live_invoices(documents)]
    assert len(set(live)) == len(live), "two live invoices over the same scope"
    credited: Counter[str] = Counter()
    for one in documents:
        assert one.positions, "an empty document"
        assert all(min(p.amounts.net, p.amounts.tax, p.amounts.gross) >= 0 for p in one.positions)
        assert all(p.amounts.net + p.amounts.tax == p.amounts.gross for p in one.positions)
        if one.kind is DocumentKind.CREDIT_NOTE:
            assert one.refers_to is not None
            credited[one.refers_to] += gross_of(one)
    free = {one.id for one in documents if one.kind is DocumentKind.INVOICE and not gross_of(one)}
    for one in documents:
        assert gross_of(one) or one.refers_to in free or is_free(one), "a document of nothing"
    for invoice in (one for one in documents if one.kind is DocumentKind.INVOICE):
        assert credited[invoice.id] <= gross_of(invoice), "more credited than invoiced"


def is_free(document: Issued) -> bool:
    """Whether it is an invoice of goods that are given away."""
    worth = (
        units_amount(p.quantity, p.ordered or p.quantity, p.unit_price, p.discount, "EUR") for p in document.positions
    )
    return document.kind is DocumentKind.INVOICE and not any(worth)


def gross_of(document: Issued) -> int:
    return sum(position.amounts.gross for position in document.positions)
