"""How VAT applies, from who sells what to whom and where it goes; and what else an e-invoice says by rule."""

from datetime import date
from typing import Any

import pytest

from services.billing.domain import Numbered, Paid, Reference, due, e_reporting, issued, journal_row, snapshot
from services.billing.domain.treatments import vat_id
from shared.contracts import Address, Customer, Invoicing, LegalIdentity, LineKind, Order, PickupPoint, Shop
from tests.billing.builders import PARIS, line, order, shop
from tests.billing.einvoice_cases import BERLIN, FRENCH, GENEVA, GERMAN, PRIVATE, SWISS

NUMBERED = Numbered("FA2026-00001", "FA2026", 1, date(2026, 11, 22))
ZERO = line(shipped=1, rate="0")
SERVICE = line(shipped=1, rate="0", kind=LineKind.SERVICE)
MONACO = Address(name="Zoé", street="1 quai Albert", postal_code="98000", city="Monaco", country="MC")


def legal(**more: Any) -> Shop:
    return shop(legal=shop().legal.model_copy(update=more))


def invoice(subject: Order, seller: Shop | None = None) -> dict[str, Any]:
    seller = seller or shop()
    [draft] = due(subject, seller.invoice_policy, Paid(), [], lambda: "doc-1")
    return snapshot(subject, seller, draft, NUMBERED)


def sold(*lines: Any, to: Address = PARIS, customer: Customer = PRIVATE, **more: Any) -> Order:
    return order(*lines, shipping_address=to, billing_address=to, customer=customer, **more)


PICKED_UP = PickupPoint(point="shop", name="Boutique", address=PARIS)


@pytest.mark.parametrize(
    ("subject", "seller", "treatment"),
    [
        (sold(line(shipped=1)), shop(), "standard"),
        (sold(line(shipped=1, rate="19"), to=BERLIN), shop(), "standard"),
        (sold(ZERO), shop(), "zero"),
        (sold(ZERO), legal(exemption="Art. 261."), "exempt"),
        (sold(ZERO, to=BERLIN, customer=GERMAN), legal(vat_exempt=True), "franchise"),
        (sold(ZERO, to=BERLIN), shop(), "zero"),
        (sold(ZERO, to=BERLIN, customer=GERMAN), shop(), "intra_goods"),
        (sold(ZERO, to=BERLIN, customer=GERMAN, pickup_point=PICKED_UP), shop(), "zero"),
        (sold(SERVICE, to=BERLIN, customer=GERMAN), shop(), "reverse_charge"),
        (sold(ZERO, to=GENEVA), shop(), "export"),
        (sold(SERVICE, to=GENEVA, customer=SWISS), shop(), "outside"),
        (sold(ZERO, to=MONACO), shop(), "zero"),
        (sold(ZERO, to=GENEVA), shop(legal=LegalIdentity(name="Favre SA", address=GENEVA)), "zero"),
    ],
)
def test_the_treatment_of_a_line(subject: Order, seller: Shop, treatment: str) -> None:
    [found] = {row["treatment"] for row in invoice(subject, seller)["lines"]}
    assert found == treatment


def test_shipping_goes_with_the_goods() -> None:
    shipping = line(2, shipped=1, rate="0", kind=LineKind.SERVICE)
    for to, customer, category in ((GENEVA, PRIVATE, "G"), (BERLIN, GERMAN, "K")):
        content = invoice(sold(ZERO, shipping, to=to, customer=customer))
        assert [row["category"] for row in content["rates"]] == [category]
        assert content["process"] == "M1"


def test_what_is_not_subject_stands_alone() -> None:
    """EN 16931 lets no other category stand beside O; then the untaxed line is one at 0 %."""
    taxed = line(2, shipped=1, kind=LineKind.SERVICE)
    content = invoice(sold(SERVICE, taxed, to=GENEVA, customer=SWISS))
    assert [row["category"] for row in content["rates"]] == ["S", "Z"]


def test_a_rate_is_told_once_for_each_treatment() -> None:
    content = invoice(sold(line(shipped=1), ZERO.model_copy(update={"id": 2}), line(3, shipped=1)))
    rates = [(row["rate"], row["category"], row["gross"]) for row in content["rates"]]
    assert rates == [("20", "S", "24.00"), ("0", "Z", "12.00")]


def test_a_credit_note_keeps_its_invoices_treatment() -> None:
    """The shop left the scheme since."""
    subject = sold(ZERO)
    first = issued(invoice(subject, legal(vat_exempt=True)))
    cancelled = subject.model_copy(update={"levels": subject.levels.model_copy(update={"invoicing": Invoicing.CREDIT})})
    [draft] = due(cancelled, shop().invoice_policy, Paid(), [first], lambda: "doc-2")
    content = snapshot(
        cancelled, shop(), draft, NUMBERED, reference=Reference("doc-1", "FA2026-00001", date(2026, 11, 1))
    )
    assert content["rates"][0]["category"] == "E"
    assert content["rates"][0]["exemption"]["code"] == "VATEX-FR-FRANCHISE"
    assert content["mentions"] == ["TVA non applicable, art. 293 B du CGI."]


def test_a_seller_elsewhere_quotes_the_directive_in_the_code_alone() -> None:
    content = invoice(sold(ZERO, customer=FRENCH), shop(legal=LegalIdentity(name="Lang", address=BERLIN)))
    assert "2006/112/CE" in content["rates"][0]["exemption"]["text"]
    assert (content["mentions"], content["notes"]) == ([], [])


@pytest.mark.parametrize(
    ("subject", "circuit"),
    [
        (sold(line(shipped=1)), "B2C"),
        (sold(line(shipped=1), to=BERLIN), "B2CINT"),
        (sold(line(shipped=1), customer=FRENCH), "B2B"),
        (sold(line(shipped=1), customer=FRENCH.model_copy(update={"siret": None})), None),
        (sold(line(shipped=1), customer=FRENCH.model_copy(update={"electronic_address": "0088:1"})), None),
        (sold(line(shipped=1), to=BERLIN, customer=GERMAN), "B2BINT"),
        (sold(line(shipped=1), to=BERLIN, pickup_point=PICKED_UP), "B2C"),
        (sold(line(shipped=1), to=MONACO), "B2C"),
        (sold(line(shipped=1), to=BERLIN, customer=GERMAN, pickup_point=PICKED_UP), "B2BINT"),
    ],
)
def test_the_notes_of_a_french_seller(subject: Order, circuit: str | None) -> None:
    notes = {note["code"]: note["text"] for note in invoice(subject)["notes"]}
    assert {"PMT", "PMD", "AAB"} <= notes.keys()
    assert notes.get("BAR") == circuit
    assert ("Sans objet" in notes["PMT"]) is (subject.customer is PRIVATE)


@pytest.mark.parametrize(
    ("subject", "country", "scopes"),
    [
        (sold(line(shipped=1), to=BERLIN), "DE", ["cross_border"]),
        (sold(line(shipped=1), to=BERLIN, pickup_point=PICKED_UP), "FR", ["b2c"]),
        (sold(line(shipped=1), to=MONACO), "FR", ["b2c"]),
        (sold(line(shipped=1), to=BERLIN, customer=GERMAN, pickup_point=PICKED_UP), "FR", ["cross_border"]),
        (sold(line(shipped=1), customer=FRENCH, pickup_point=PICKED_UP), "FR", []),
    ],
)
def test_the_books_go_by_where_the_goods_change_hands(subject: Order, country: str, scopes: list[str]) -> None:
    days, content = e_reporting(), invoice(subject)
    days.add(content)
    assert (journal_row(content)["country"], [row["scope"] for row in days.rows()]) == (country, scopes)


def test_terms_and_the_day_to_pay() -> None:
    content = invoice(sold(line(shipped=1)))
    assert (content["due_on"], content["payment_terms"]) == ("2026-11-22", "Payable à réception.")
    later = invoice(sold(line(shipped=1), language="en"), shop(payment_days=45))
    assert (later["due_on"], later["payment_terms"]) == ("2027-01-06", "Payable within 45 days of invoice date.")


def test_debits_are_an_option_for_services() -> None:
    seller = legal(vat_on_debits=True)
    service = line(shipped=1, kind=LineKind.SERVICE)
    assert invoice(sold(service), seller)["mentions"] == ["Option pour le paiement de la taxe d’après les débits."]
    assert invoice(sold(line(shipped=1)), seller)["mentions"] == []


def test_who_is_reached_how() -> None:
    content = invoice(sold(line(shipped=1), customer=FRENCH))
    assert content["seller"]["electronic_address"] == {"scheme": "0225", "id": "732829320"}
    assert content["buyer"]["electronic_address"] == {"scheme": "0225", "id": "404833048"}
    assert content["buyer"]["siren"] == "404833048"
    private = invoice(sold(line(shipped=1)))["buyer"]["electronic_address"]
    assert private == {"scheme": "EM", "id": "claire@example.org"}
    given = FRENCH.model_copy(update={"electronic_address": "0225:404833048_COMPTA"})
    assert invoice(sold(line(shipped=1), customer=given))["buyer"]["electronic_address"]["id"] == "404833048_COMPTA"


@pytest.mark.parametrize(
    ("written", "found"),
    [("FR 44 732 829 320", "FR44732829320"), ("de136695976", "DE136695976"), ("12345", None), ("", None), (None, None)],
)
def test_vat_numbers_as_registers_write_them(written: str | None, found: str | None) -> None:
    assert vat_id(written) == found
