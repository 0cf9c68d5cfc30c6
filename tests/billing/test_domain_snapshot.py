"""What a document says: parties, dates, figures, and the sentences the law asks for."""

from datetime import date
from typing import Any

import pytest

from services.billing.domain import Draft, Numbered, Paid, Reference, due, issued, snapshot
from shared.contracts import Address, Customer, Invoicing, LegalIdentity, LineKind, Order, Shop
from tests.billing.builders import NOON, PARIS, issue, line, order, parcel, shop

NUMBERED = Numbered("FA2026-00001", "FA2026", 1, date(2026, 11, 22))
BUSINESS = Customer(
    name="Jean Petit", email="jean@example.org", company="Les Caves du Port", vat_number="FR12345678901"
)
BERLIN = Address(name="Käthe Lang", street="Torstraße 1", postal_code="10119", city="Berlin", country="DE")
GENEVA = Address(name="Luc Favre", street="Rue du Lac 1", postal_code="1204", city="Genève", country="CH")
EXEMPT = shop(legal=LegalIdentity(name="Lucie Bernard EI", address=PARIS, siren="812345678", vat_exempt=True))


def invoice(subject: Order, seller: Shop | None = None, **more: Any) -> dict[str, Any]:
    seller = seller or shop()
    [draft] = due(subject, seller.invoice_policy, Paid(), [], lambda: "doc-1")
    return snapshot(subject, seller, draft, NUMBERED, **more)


def test_it_reads_back_as_the_rules_need_it() -> None:
    subject = order(line(1, quantity=3, shipped=3, price="4.9000"), line(2, price="10", rate="5.5", shipped=1))
    [draft] = due(subject, shop().invoice_policy, Paid(), [], lambda: "doc-1")
    content = snapshot(subject, shop(), draft, NUMBERED)
    [expected] = issue([draft], subject)
    found = issued(content)
    assert (found.id, found.kind, found.scope, found.generation) == ("doc-1", expected.kind, "order/1", 1)
    assert found.positions == expected.positions
    assert content["lines"][0]["unit_price"] == "4.9"
    assert content["totals"] == {"net": "21.73", "tax": "2.97", "gross": "24.70"}
    assert [(rate["rate"], rate["net"], rate["tax"]) for rate in content["rates"]] == [
        ("20", "12.25", "2.45"),
        ("5.5", "9.48", "0.52"),
    ]


@pytest.mark.parametrize(("currency", "gross"), [("EUR", "3600.00"), ("JPY", "3600"), ("TND", "3600.000")])
def test_amounts_have_the_currencys_decimals(currency: str, gross: str) -> None:
    content = invoice(order(line(quantity=3, shipped=3, price="1200"), currency=currency))
    assert content["totals"]["gross"] == gross


def test_days_are_those_of_the_shop() -> None:
    late = NOON.replace(hour=23, minute=30)  # the 23rd in Paris
    sent = parcel(1, {1: 1}).model_copy(update={"shipped_at": late})
    content = invoice(order(line(shipped=1), placed_at=late, parcels=[sent]))
    assert (content["order"]["placed_on"], content["delivered_on"]) == ("2026-11-23", "2026-11-23")


def test_the_delivery_address_stands_only_where_it_differs() -> None:
    assert invoice(order(line(shipped=1)))["ship_to"] is None
    assert invoice(order(line(shipped=1), shipping_address=BERLIN))["ship_to"]["city"] == "Berlin"


@pytest.mark.parametrize(("language", "expected"), [("fr", "fr"), ("fr-CA", "fr"), ("en", "en"), ("de", "en")])
def test_french_or_english(language: str, expected: str) -> None:
    assert invoice(order(line(shipped=1), language=language))["language"] == expected


def test_what_was_paid_and_is_left() -> None:
    content = invoice(order(line(quantity=2, shipped=2)), paid=2000)
    assert (content["paid"], content["due"]) == ("20.00", "4.00")


def test_a_credit_note_names_its_invoice_and_why() -> None:
    subject = order(line(shipped=1))
    documents = issue(due(subject, shop().invoice_policy, Paid(), [], lambda: "doc-1"), subject)
    cancelled = order(line(shipped=1), invoicing=Invoicing.CREDIT)
    [draft] = due(cancelled, shop().invoice_policy, Paid(), documents, lambda: "doc-2")
    content = snapshot(
        cancelled, shop(), draft, NUMBERED, reference=Reference("doc-1", "FA2026-00001", date(2026, 11, 20))
    )
    assert (content["kind"], content["reason"]) == ("credit_note", "cancelled")
    assert content["refers_to"] == {"id": "doc-1", "number": "FA2026-00001", "issued_on": "2026-11-20"}
    assert content["mentions"] == []


SERVICE = line(shipped=1, rate="0", kind=LineKind.SERVICE)
GOODS = line(shipped=1, rate="0")


@pytest.mark.parametrize(
    ("subject", "seller", "fragments"),
    [
        (order(line(shipped=1)), shop(), []),
        (order(line(shipped=1), customer=BUSINESS), shop(), ["40 €", "escompte"]),
        (order(GOODS), EXEMPT, ["293 B"]),
        (order(GOODS, shipping_address=BERLIN, customer=BUSINESS), shop(), ["262 ter I", "40 €", "escompte"]),
        (order(SERVICE, shipping_address=BERLIN, customer=BUSINESS), shop(), ["Autoliquidation", "40 €", "escompte"]),
        (order(GOODS, shipping_address=BERLIN), shop(), []),
        (order(GOODS, shipping_address=GENEVA), shop(), ["262 I du CGI"]),
        (order(GOODS, shipping_address=PARIS), shop(), []),
    ],
    ids=["private", "business", "franchise", "union", "union services", "union private", "export", "at home"],
)
def test_mentions_follow_from_who_sells_what_to_whom(subject: Order, seller: Shop, fragments: list[str]) -> None:
    found = invoice(subject, seller)["mentions"]
    assert len(found) == len(fragments)
    assert all(fragment in mention for fragment, mention in zip(fragments, found, strict=True))


def test_a_foreign_seller_quotes_no_french_law() -> None:
    seller = shop(legal=LegalIdentity(name="Weinhaus Lang", address=BERLIN))
    assert invoice(order(GOODS, customer=BUSINESS, language="en"), seller)["mentions"] == []


@pytest.mark.parametrize(
    ("kinds", "nature"),
    [
        ([LineKind.PRODUCT], "goods"),
        ([LineKind.SERVICE], "services"),
        ([LineKind.PRODUCT, LineKind.DIGITAL], "mixed"),
    ],
)
def test_the_nature_of_what_is_sold(kinds: list[LineKind], nature: str) -> None:
    lines = [line(id_, shipped=1, kind=kind) for id_, kind in enumerate(kinds, 1)]
    assert invoice(order(*lines))["nature"] == nature


def test_a_draft_has_everything_but_its_number() -> None:
    [draft] = due(order(line(shipped=1)), shop().invoice_policy, Paid(), [], lambda: "doc-1")
    assert draft == Draft("doc-1", draft.kind, "order/1", 1, draft.positions)
