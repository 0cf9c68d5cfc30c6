"""Every kind of sale the rules of e-invoicing tell apart, as issued documents: what the official rules are run over.

A document is an invoice, the second invoice of an order that was shipped in two parts, or a credit note (in full, of
some units, of money alone), of each case, language and way of pricing, of one line and of several rates with
discounts and shipping.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from services.billing.domain import Draft, Issued, Numbered, Paid, Reference, due, issued, snapshot
from services.billing.domain.rates import Rate
from shared.contracts import Address, Customer, DocumentKind, Invoicing, LegalIdentity, Line, LineKind, Order, Shop
from tests.billing.builders import PARIS, line, order, shop

BERLIN = Address(name="Käthe Lang", street="Torstraße 1\nHof 3", postal_code="10119", city="Berlin", country="DE")
GENEVA = Address(name="Luc Favre", street="Rue du Lac 1", postal_code="1204", city="Genève", country="CH")
PRIVATE = Customer(name="Claire Fontaine", email="claire@example.org")
FRENCH = Customer(
    name="Jean Petit",
    email="jean@example.org",
    company="Les Caves du Port & Fils",
    vat_number="FR 83 404 833 048",
    siret="40483304800022",
)
GERMAN = Customer(name="Käthe Lang", email="k@example.org", company="Weinhaus Lang GmbH", vat_number="DE136695976")
POUND = Rate(Decimal("0.87215"), date(2026, 11, 20), "BCE")
SWISS = Customer(name="Luc Favre", email="luc@example.org", company="Favre SA")


def _legal(**more: Any) -> dict[str, Any]:
    return {"legal": shop().legal.model_copy(update=more)}


@dataclass(frozen=True, slots=True)
class Case:
    """Who sells to whom; `rates` are those of the lines, `french` whether the French rules ask anything of it."""

    customer: Customer
    address: Address
    rates: tuple[str, ...] = ("0",)
    kind: LineKind = LineKind.PRODUCT
    seller: Mapping[str, Any] = field(default_factory=dict)
    category: str = "S"
    code: str | None = None
    french: bool = True
    currency: str = "EUR"
    rate: Rate | None = None
    """Of exchange, at which the tax is told in euros."""


CASES = {
    "private": Case(PRIVATE, PARIS, ("20", "5.5", "10")),
    "business": Case(FRENCH, PARIS, ("20", "2.1"), seller=_legal(siret="73282932000074") | {"payment_days": 30}),
    "debits": Case(FRENCH, PARIS, ("20",), LineKind.SERVICE, _legal(vat_on_debits=True)),
    "union": Case(GERMAN, BERLIN, category="K", code="VATEX-EU-IC"),
    "union services": Case(GERMAN, BERLIN, kind=LineKind.SERVICE, category="AE", code="VATEX-EU-AE"),
    "export": Case(SWISS, GENEVA, category="G", code="VATEX-EU-G"),
    "export in dollars": Case(SWISS, GENEVA, category="G", code="VATEX-EU-G", currency="USD"),
    "pounds": Case(FRENCH, PARIS, ("20", "5.5"), currency="GBP", rate=POUND),
    "outside": Case(SWISS, GENEVA, kind=LineKind.SERVICE, category="O", code="VATEX-EU-O"),
    "franchise": Case(
        PRIVATE, PARIS, seller=_legal(vat_exempt=True, vat_number=None), category="E", code="VATEX-FR-FRANCHISE"
    ),
    "exempt": Case(PRIVATE, PARIS, seller=_legal(exemption="Exonération, art. 261-4-4° a du CGI."), category="E"),
    "zero": Case(PRIVATE, PARIS, category="Z"),
    "one-stop shop": Case(PRIVATE.model_copy(update={"language": "de"}), BERLIN, ("19", "7"), french=False),
    "foreign seller": Case(
        FRENCH,
        PARIS,
        seller={
            "legal": LegalIdentity(
                name="Weinhaus Lang", address=BERLIN, vat_number="DE136695976", email="lang@example.org"
            )
        },
        category="K",
        code="VATEX-EU-IC",
        french=False,
    ),
}


def documents() -> Iterator[tuple[str, Case, dict[str, Any]]]:
    """Name, case and snapshot of every document of the matrix."""
    for (name, case), language, included, mixed in product(CASES.items(), ("fr", "en"), (True, False), (False, True)):
        subject = order_of(case, language=language, included=included, mixed=mixed)
        words = (name.replace(" ", "_"), language, "gross" if included else "net", "mixed" if mixed else "plain")
        for which, content in issue_all(case, subject):
            yield "-".join((*words, which)), case, content


def order_of(case: Case, *, language: str, included: bool, mixed: bool) -> Order:
    """Odd prices, so that rounding has something to do; `mixed` has every rate, discounts and shipping."""
    off = 333 if mixed else 0
    lines = [line(1, quantity=3, price="14.99", rate=case.rates[0], kind=case.kind, discount=off)]
    if mixed:
        lines += [
            line(id_, quantity=7, price="3.35", rate=rate, kind=case.kind, discount=off // 3)
            for id_, rate in enumerate(case.rates, 2)
        ]
        lines.append(line(9, price="6.90", rate=case.rates[0], kind=LineKind.SERVICE, name="Shipping <express>"))
    return order(
        *lines,
        language=language,
        prices_include_tax=included,
        currency=case.currency,
        customer=case.customer,
        billing_address=case.address,
        shipping_address=case.address,
        purchase_order="PO-4711" if case.customer.company else None,
    )


def issue_all(case: Case, subject: Order) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents of one order's life: invoiced in two parts, a unit back, money back, cancelled."""
    seller = shop(**case.seller)
    ledger: list[Issued] = []
    shipped = [one.model_copy(update={"shipped": one.quantity}) for one in subject.lines]
    first = [one.model_copy(update={"shipped": 1 if one.id == 1 else 0}) for one in shipped]
    back = [shipped[0].model_copy(update={"restocked": 1}), *shipped[1:]]
    steps: list[tuple[str, list[Line], Invoicing, Paid]] = [
        ("part", first, Invoicing.POLICY, Paid()),
        ("invoice", shipped, Invoicing.POLICY, Paid(captured=500)),
        ("returned", back, Invoicing.LESS_RETURNED, Paid()),
        ("refunded", back, Invoicing.LESS_RETURNED, Paid(subject.totals.gross, 600 + 500)),
        ("cancelled", back, Invoicing.CREDIT, Paid()),
    ]
    for which, lines, level, paid in steps:
        levels = subject.levels.model_copy(update={"invoicing": level})
        now = subject.model_copy(update={"lines": tuple(lines), "levels": levels})
        for number, draft in enumerate(due(now, seller.invoice_policy, paid, ledger, lambda: f"doc-{len(ledger)}")):
            content = seal(now, seller, draft, ledger, paid, case.rate)
            ledger.append(issued(content))
            yield f"{which}{number or ''}", content


def seal(
    subject: Order, seller: Shop, draft: Draft, ledger: list[Issued], paid: Paid, rate: Rate | None = None
) -> dict[str, Any]:
    """The snapshot of a draft, numbered after those before it."""
    series = "FA2026" if draft.kind is DocumentKind.INVOICE else "AV2026"
    number = len(ledger) + 1
    referred = next((one for one in ledger if one.id == draft.refers_to), None)
    reference = None if referred is None else Reference(referred.id, referred.number, referred.issued_on)
    numbered = Numbered(f"{series}-{number:05}", series, number, date(2026, 11, 22))
    gross = sum(position.amounts.gross for position in draft.positions)
    prepaid = min(paid.kept, gross) if draft.kind is DocumentKind.INVOICE else 0
    return snapshot(subject, seller, draft, numbered, reference=reference, paid=prepaid, rate=rate)
