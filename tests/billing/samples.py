"""Documents of every kind as samples: for the tests of the layout, the pictures in the docs, and the bench."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.billing.documents import Job, Look
from services.billing.domain import Numbered, Paid, Paper, Printing, Reference, due, paper, snapshot
from services.billing.domain.theme import Logo, Theme
from shared.contracts import (
    Address,
    Adjustment,
    Channel,
    Customer,
    Invoicing,
    LegalIdentity,
    Line,
    LineKind,
    Order,
    PickupPoint,
    Shop,
)
from tests.billing.builders import issue, line, order, parcel, shop

DAY = date(2026, 11, 22)
LONDON = Address(
    name="Margaret Osborne", street="Unit 4\n221b Long Lane", postal_code="SE1 4PD", city="London", country="GB"
)
BERLIN = Address(name="Weinhaus Krüger GmbH", street="Torstraße 102", postal_code="10119", city="Berlin", country="DE")
CELLAR = Address(name="", street="8 place du Marché", postal_code="33000", city="Bordeaux", country="FR")

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 64">
<circle cx="32" cy="32" r="30" fill="#7a1f3d"/>
<path d="M20 18h24c0 14-4 22-12 22s-12-8-12-22z" fill="#fff"/><path d="M30.500 38h3v12h7v3h-17v-3h7z" fill="#fff"/>
<path d="M80 20l12 26 12-26M112 20v26M126 46V20l20 26V20M160 20h18M160 33h14M160 46h18M160 20v26"
 fill="none" stroke="#7a1f3d" stroke-width="5"/></svg>"""
THEMED = Look(
    Theme(
        version=1,
        logo=Logo("0" * 64, "image/svg+xml", 240, 64),
        accent="#7a1f3d",
        footer={"fr": "L’abus d’alcool est dangereux pour la santé.", "en": "Please drink responsibly."},
        mentions={"fr": ("Réserve de propriété jusqu’au paiement complet.",)},
        texts={"fr": {"farewell": "À bientôt au chai !"}},
    ),
    LOGO,
)


def sealed(subject: Order, *, paid: int = 0, of: Shop | None = None) -> dict[str, Any]:
    """The snapshot of an order's only invoice."""
    seller = of or shop()
    [draft] = due(subject, seller.invoice_policy, Paid(), [], lambda: "doc-1")
    return snapshot(subject, seller, draft, Numbered("FA2026-00001", "FA2026", 1, DAY), paid=paid)


def credited(subject: Order, refunded: int = 0) -> dict[str, Any]:
    """The snapshot of the credit note that cancels it, or gives money back."""
    documents = issue(due(subject, shop().invoice_policy, Paid(), [], lambda: "doc-1"), subject)
    level = Invoicing.LESS_RETURNED if refunded else Invoicing.CREDIT
    after = subject.model_copy(update={"levels": subject.levels.model_copy(update={"invoicing": level})})
    paid = Paid(subject.totals.gross, refunded)
    [draft] = due(after, shop().invoice_policy, paid, documents, lambda: "doc-2")
    numbered = Numbered("AV2026-00001", "AV2026", 1, date(2026, 12, 1))
    return snapshot(after, shop(), draft, numbered, reference=Reference("doc-1", "FA2026-00001", DAY))


def printed(subject: Order, kind: Paper, *, captured: int = 0, gift: str | None = None) -> dict[str, Any]:
    """The snapshot of a paper that is no invoice."""
    return paper(subject, shop(), kind, Printing("paper-1", DAY, Paid(captured), gift=gift))


def _wine_lines(shipped: bool = True) -> Sequence[Line]:
    sent = 1 if shipped else 0
    return (
        line(1, quantity=6, shipped=6 * sent, price="24.90", name="Château Haut-Marbuzet 2019", sku="VIN-HM19"),
        line(2, quantity=2, shipped=2 * sent, price="32.00", rate="5.5", name="Coffret de canelés", sku="EPI-CAN12"),
        line(
            3,
            quantity=1,
            shipped=sent,
            price="89.00",
            discount=890,
            name="Carafe à décanter en cristal soufflé bouche, coffret bois",
            sku="ACC-CAR01",
        ),
    )


WINE = order(*_wine_lines(), parcels=[parcel(1, {1: 6, 2: 2, 3: 1})])
ORDERED = order(
    *_wine_lines(shipped=False),
    code="S64H-85K8-EE6YY",
    customer=Customer(name="Claire Fontaine", email="claire@example.org", phone="+33 6 12 34 56 78"),
    shipping_method="Colissimo à domicile",
    payment_method="card",
    adjustments=(Adjustment(label="Bienvenue", code="BIENVENUE", amount=890),),
)
FETCHED = ORDERED.model_copy(
    update={
        "pickup_point": PickupPoint(point="chai", name="Le chai", address=CELLAR, date=date(2026, 11, 28)),
        "shipping_method": None,
        "payment_method": "transfer",
    }
)
GLASSES = order(
    line(1, quantity=120, shipped=120, price="3.4567", name="Tasting glass"),
    line(2, quantity=3, shipped=3, price="1249", rate="10", name="Cellar consultation"),
    prices_include_tax=False,
    language="en",
    channel=Channel.AMAZON,
    external_id="402-1234567-7654321",
    customer=Customer(name="Margaret Osborne", email="m@example.org", company="Osborne Ltd", vat_number="GB123456789"),
    billing_address=LONDON,
    shipping_address=LONDON.model_copy(update={"name": "Goods in", "street": "Dock 7"}),
)
EXTREME = order(
    line(1, quantity=99_999, shipped=99_999, price="9999.99", name="X" * 400, sku="S" * 200),
    line(2, shipped=1, price="0.01", name="Ελληνικά Кириллица Łódź 日本語 العربية 🍷"),
    customer=Customer(name="#let x = 1 $a^2$ *b* _c_ `d` \\ <e> @f", email="x@example.org"),
    billing_address=Address(street="s" * 300, postal_code="", city="", country="XX"),
)
MANY = order(
    *(
        line(id_, quantity=id_ % 7 + 1, shipped=id_ % 7 + 1, price=f"{id_}.37", rate=("20", "10", "5.5")[id_ % 3])
        for id_ in range(1, 201)
    )
)
UNTAXED = line(1, quantity=4, shipped=4, price="180.00", rate="0", name="Caisse de six Pauillac", sku="VIN-PAU6")
FRANCHISE = LegalIdentity(
    name="Atelier Lise Morel", address=CELLAR, siren="732829320", vat_exempt=True, email="lise@example.org"
)
BUSINESS = Customer(
    name="Jonas Krüger", email="j@example.org", company="Weinhaus Krüger GmbH", vat_number="DE811907980"
)

INTRA = sealed(
    order(UNTAXED, prices_include_tax=False, customer=BUSINESS, billing_address=BERLIN, shipping_address=BERLIN)
)
SERVED = line(1, shipped=1, price="950.00", rate="0", name="Conseil en dégustation", kind=LineKind.SERVICE)
REVERSED = sealed(
    order(SERVED, prices_include_tax=False, customer=BUSINESS, billing_address=BERLIN, shipping_address=BERLIN)
)
EXPORT = sealed(
    order(UNTAXED, prices_include_tax=False, language="en", billing_address=LONDON, shipping_address=LONDON)
)
EXEMPT = sealed(order(UNTAXED), of=shop(legal=FRANCHISE, title="Atelier Lise Morel"))

SAMPLES = {
    "invoice-fr": Job(sealed(WINE)),
    "invoice-en": Job(sealed(GLASSES)),
    "invoice-themed": Job(sealed(WINE, paid=WINE.totals.gross), THEMED),
    "invoice-intra": Job(INTRA),
    "invoice-reverse-charge": Job(REVERSED),
    "invoice-export": Job(EXPORT),
    "invoice-franchise": Job(EXEMPT),
    "invoice-200-lines": Job(sealed(MANY)),
    "invoice-extreme": Job(sealed(EXTREME)),
    "invoice-copy": Job(sealed(WINE), language="en", mark="copy"),
    "credit-note": Job(credited(WINE)),
    "order-form": Job(printed(ORDERED, Paper.ORDER_FORM)),
    "order-form-pickup": Job(printed(FETCHED, Paper.ORDER_FORM), THEMED),
    "receipt-a4": Job(printed(ORDERED, Paper.RECEIPT, captured=ORDERED.totals.gross), THEMED),
    "receipt-80mm": Job(printed(ORDERED, Paper.RECEIPT, captured=ORDERED.totals.gross), paper="80mm"),
    "packing-slip": Job(
        printed(
            ORDERED,
            Paper.PACKING_SLIP,
            gift="Joyeux anniversaire, Paul ! Que cette bouteille vieillisse mieux que nous.",
        ),
        THEMED,
    ),
}
