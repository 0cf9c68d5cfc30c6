"""A sample of every kind of document, for a shop to see its theme on, and to know that a theme can be set at all."""

from datetime import UTC, date, datetime
from decimal import Decimal

from services.billing.documents.looks import Look
from services.billing.documents.render import Job
from services.billing.domain import Numbered, Paid, Paper, Printing, due, paper, snapshot
from shared.contracts import (
    Address,
    Channel,
    Customer,
    InvoicePolicy,
    Invoicing,
    Levels,
    Line,
    Marketplace,
    Order,
    Shop,
    Status,
    StatusType,
    Totals,
)

DAY = date(2026, 1, 15)
_CLIENT = Address(name="Camille Martin", street="3 rue des Vignes", postal_code="33000", city="Bordeaux", country="FR")


def proof(shop: Shop, kind: str, language: str, look: Look, size: str = "a4") -> Job:
    """A job for a sample, marked as one; `kind`: an invoice, or one of the papers."""
    order = _order(shop, language)
    if kind == "invoice":
        [draft] = due(order, InvoicePolicy.ON_SHIPMENT, Paid(), [], lambda: "sample")
        content = snapshot(order, shop, draft, Numbered("0000-00000", "0000", 0, DAY))
    else:
        content = paper(order, shop, Paper(kind), Printing("sample", DAY, Paid(order.totals.gross)))
    return Job(content, look, mark="sample", paper=size)


def _order(shop: Shop, language: str) -> Order:
    names = {"fr": ("Médoc, caisse de six", "Coffret de canelés"), "en": ("Médoc, case of six", "Box of canelés")}
    wine, cakes = names[language]
    lines = (
        Line(
            id=1,
            sku="SAMPLE-1",
            name=wine,
            quantity=1,
            shipped=1,
            unit_price=Decimal("120"),
            tax_rate=Decimal(20),
            net=10000,
            tax=2000,
            gross=12000,
        ),
        Line(
            id=2,
            sku="SAMPLE-2",
            name=cakes,
            quantity=2,
            shipped=2,
            unit_price=Decimal("21.10"),
            tax_rate=Decimal("5.5"),
            net=4000,
            tax=220,
            gross=4220,
        ),
    )
    return Order(
        shop=shop.shop,
        version=1,
        id="00000000-0000-7000-8000-000000000000",
        code="SAMPLE",
        channel=Channel.WEB,
        placed_at=datetime(2026, 1, 15, 9, tzinfo=UTC),
        currency="EUR",
        prices_include_tax=True,
        language=language,
        status=Status(mnemonic="shipped", type=StatusType.SHIPPED),
        levels=Levels(payable=False, invoicing=Invoicing.POLICY, marketplace=Marketplace.NONE),
        customer=Customer(name="Camille Martin", email="camille@example.org"),
        billing_address=_CLIENT,
        shipping_address=_CLIENT,
        lines=lines,
        totals=Totals(net=14000, tax=2220, gross=16220),
        payment_method="card",
    )
