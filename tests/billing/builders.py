"""Orders, shops and issued documents for the tests of billing, built from the public contracts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.billing.domain import Draft, Issued
from shared.contracts import (
    Address,
    Channel,
    Customer,
    InvoicePolicy,
    Invoicing,
    LegalIdentity,
    Levels,
    Line,
    LineKind,
    Marketplace,
    Order,
    Parcel,
    ParcelLine,
    Shop,
    Status,
    StatusType,
    Totals,
)
from shared.money import Item, basket

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PARIS = Address(name="Claire Fontaine", street="12 rue des Lilas", postal_code="75011", city="Paris", country="FR")


def line(
    id_: int = 1,
    *,
    quantity: int = 1,
    shipped: int = 0,
    restocked: int = 0,
    price: str = "12.00",
    rate: str = "20",
    name: str | None = None,
    sku: str | None = None,
    kind: LineKind = LineKind.PRODUCT,
    discount: int = 0,
) -> Line:
    """A line whose amounts `order` computes."""
    return Line(
        id=id_,
        sku=sku or f"SKU-{id_}",
        name=name or f"Article {id_}",
        kind=kind,
        quantity=quantity,
        shipped=shipped,
        restocked=restocked,
        unit_price=Decimal(price),
        tax_rate=Decimal(rate),
        net=0,
        tax=0,
        gross=0,
        discount=discount,
    )


def parcel(number: int, content: dict[int, int]) -> Parcel:
    return Parcel(
        number=number,
        carrier="Colissimo",
        tracking_number=f"6A{number:011}",
        shipped_at=NOON + timedelta(hours=number),
        lines=tuple(ParcelLine(line=id_, quantity=quantity) for id_, quantity in content.items()),
    )


def order(
    *lines: Line,
    id_: str = "019a0000-0000-7000-8000-000000000001",
    code: str = "C-0001",
    version: int = 1,
    shop: str = "demo",
    invoicing: Invoicing = Invoicing.POLICY,
    payable: bool = False,
    currency: str = "EUR",
    prices_include_tax: bool = True,
    **more: Any,
) -> Order:
    """An order of these lines, priced as orders would; `more` are other fields of the message."""
    priced, totals = _priced(lines, currency, prices_include_tax)
    fields: dict[str, Any] = {
        "channel": Channel.WEB,
        "placed_at": NOON,
        "language": "fr",
        "customer": Customer(name="Claire Fontaine", email="claire@example.org"),
        "billing_address": PARIS,
        "shipping_address": PARIS,
        "status": Status(mnemonic="processing", type=StatusType.PROCESSING),
    }
    return Order(
        shop=shop,
        version=version,
        id=id_,
        code=code,
        currency=currency,
        prices_include_tax=prices_include_tax,
        levels=Levels(payable=payable, invoicing=invoicing, marketplace=Marketplace.NONE),
        lines=priced,
        totals=totals,
        **(fields | more),
    )


def _priced(lines: Sequence[Line], currency: str, prices_include_tax: bool) -> tuple[tuple[Line, ...], Totals]:
    items = [Item(one.quantity, one.unit_price, one.tax_rate, one.discount) for one in lines]
    total = basket(items, currency, prices_include_tax=prices_include_tax)
    priced = tuple(
        one.model_copy(update={"net": amounts.net, "tax": amounts.tax, "gross": amounts.gross})
        for one, amounts in zip(lines, total.lines, strict=True)
    )
    return priced, Totals(net=total.net, tax=total.tax, gross=total.gross)


def shop(policy: InvoicePolicy = InvoicePolicy.ON_SHIPMENT, *, version: int = 1, **more: Any) -> Shop:
    fields: dict[str, Any] = {
        "shop": "demo",
        "title": "Maison Verdier",
        "legal": LegalIdentity(
            name="Maison Verdier SAS",
            legal_form="SAS au capital de 20 000 €",
            address=Address(
                name="Maison Verdier", street="8 place du Marché", postal_code="33000", city="Bordeaux", country="FR"
            ),
            siren="732829320",
            vat_number="FR44732829320",
            email="bonjour@maison-verdier.example",
            phone="+33 5 56 00 00 00",
            iban="FR7630006000011234567890189",
        ),
        "mail_from": "bonjour@maison-verdier.example",
        "invoice_policy": policy,
    }
    return Shop(version=version, **(fields | more))


def issue(drafts: Iterable[Draft], subject: Order, documents: Sequence[Issued] = ()) -> list[Issued]:
    """The documents of an order once these drafts are issued."""
    issued = list(documents)
    for draft in drafts:
        issued.append(
            Issued(
                draft.id,
                draft.kind,
                f"D-{len(issued) + 1:05}",
                date(2026, 11, 22),
                draft.scope,
                draft.generation,
                draft.refers_to,
                draft.reason,
                subject.currency,
                subject.prices_include_tax,
                draft.positions,
                draft.grant,
            )
        )
    return issued
