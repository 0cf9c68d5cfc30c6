"""From a snapshot to a PDF: words and figures in two languages, and bytes that are the same every time."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pikepdf
import pytest

from services.billing.documents import render, view
from services.billing.documents.figures import day, grouped, money, number, percent, unit_net
from services.billing.domain import Numbered, Paid, Reference, due, snapshot
from shared.contracts import Address, Channel, Customer, Invoicing, Order
from tests.billing.builders import issue, line, order, parcel, shop

ROOT = Path(__file__).parent.parent.parent
LONDON = Address(
    name="Margaret Osborne", street="Unit 4\n221b Long Lane", postal_code="SE1 4PD", city="London", country="GB"
)


def sealed(subject: Order, *, paid: int = 0) -> dict[str, Any]:
    [draft] = due(subject, shop().invoice_policy, Paid(), [], lambda: "doc-1")
    return snapshot(subject, shop(), draft, Numbered("FA2026-00001", "FA2026", 1, date(2026, 11, 22)), paid=paid)


def credited(subject: Order, refunded: int = 0) -> dict[str, Any]:
    documents = issue(due(subject, shop().invoice_policy, Paid(), [], lambda: "doc-1"), subject)
    level = Invoicing.LESS_RETURNED if refunded else Invoicing.CREDIT
    after = subject.model_copy(update={"levels": subject.levels.model_copy(update={"invoicing": level})})
    paid = Paid(subject.totals.gross, refunded)
    [draft] = due(after, shop().invoice_policy, paid, documents, lambda: "doc-2")
    reference = Reference("doc-1", "FA2026-00001", date(2026, 11, 22))
    numbered = Numbered("AV2026-00001", "AV2026", 1, date(2026, 12, 1))
    return snapshot(after, shop(), draft, numbered, reference=reference)


WINE = order(
    line(1, quantity=2, shipped=2, price="14.90", name="Château Haut-Marbuzet 2019", sku="VIN-HM19"),
    line(2, shipped=1, price="1032.00", rate="5.5", name="Coffret de canelés", sku="EPI-CAN12"),
    parcels=[parcel(1, {1: 2, 2: 1})],
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
MANY = order(*(line(id_, shipped=1, price=f"{id_}.37", rate=("20", "5.5")[id_ % 2]) for id_ in range(1, 201)))

VARIANTS = {
    "french": sealed(WINE),
    "english net": sealed(GLASSES),
    "paid": sealed(WINE, paid=WINE.totals.gross),
    "partly paid": sealed(WINE, paid=500),
    "credit in full": credited(WINE),
    "credit of money": credited(WINE, refunded=1000),
    "english credit": credited(GLASSES),
    "yen": sealed(order(line(shipped=1, price="12800", rate="10"), currency="JPY", language="en")),
    "dinar": sealed(order(line(shipped=1, price="12.345"), currency="TND")),
    "free": sealed(order(line(shipped=1, price="0"))),
    "two hundred lines": sealed(MANY),
}


@pytest.mark.parametrize("content", VARIANTS.values(), ids=VARIANTS)
def test_it_is_an_archivable_pdf(content: dict[str, Any]) -> None:
    with pikepdf.open(BytesIO(render(content))) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert content["number"] in metadata["dc:title"]
        assert "/OutputIntents" in pdf.Root
        assert "/MarkInfo" in pdf.Root, "not tagged"
        fonts = [
            font
            for font in pdf.objects
            if isinstance(font, pikepdf.Dictionary) and font.get("/Type") == "/FontDescriptor"
        ]
        assert fonts
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)


def test_many_lines_run_over_pages() -> None:
    with pikepdf.open(BytesIO(render(VARIANTS["two hundred lines"]))) as pdf:
        assert len(pdf.pages) == 6


def test_the_same_document_has_the_same_bytes() -> None:
    """Again, on another thread beside others, and in another process."""
    first = render(VARIANTS["french"])
    with ThreadPoolExecutor(2) as pool:
        others = list(pool.map(render, [VARIANTS["paid"], VARIANTS["french"], VARIANTS["dinar"], VARIANTS["french"]]))
    assert others[1] == others[3] == first
    program = (
        "import sys, json, hashlib; from services.billing.documents import render;"
        "print(hashlib.sha256(render(json.load(sys.stdin))).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=orjson.dumps(VARIANTS["french"]),
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.decode().strip() == sha256(first).hexdigest()


def test_no_name_can_keep_an_invoice_from_its_client() -> None:
    """Scripts our typeface lacks, words without end, and text that would be code in the template."""
    with pikepdf.open(BytesIO(render(sealed(EXTREME)))) as pdf:
        assert len(pdf.pages) == 1


def test_french_words_and_figures() -> None:
    found = view(VARIANTS["french"])
    assert (found["kind"], found["number"], found["brand"]) == ("Facture", "FA2026-00001", "Maison Verdier")
    assert plain(found["lines"][1]) == {
        "name": "Coffret de canelés",
        "sku": "EPI-CAN12",
        "quantity": "1",
        "unit": "978,20",
        "rate": "5,5 %",
        "net": "978,20",
        "gross": "1 032,00",
    }
    assert plain(found["balance"]) == ["Total TTC", "1 061,80 €"]
    assert plain(found["facts"])[0] == ["Date d’émission", "22 novembre 2026"]
    assert plain(found["payment"])["iban"] == "FR76 3000 6000 0112 3456 7890 189"
    assert plain(found["imprint"])[1][0] == "SIREN 732 829 320"


def test_english_words_and_figures() -> None:
    found = view(VARIANTS["english net"])
    assert found["kind"] == "Invoice"
    assert [line["unit"] for line in found["lines"]] == ["3.4567", "1,249.00"]
    assert found["balance"] == ["Total incl. VAT", "€4,619.46"]
    assert [party["label"] for party in found["parties"]] == ["Seller", "Billed to", "Delivered to"]
    assert found["parties"][1]["names"] == ["Osborne Ltd", "Margaret Osborne"]
    assert found["parties"][1]["lines"][-2:] == ["United Kingdom", "VAT no. GB123456789"]
    assert ["Amazon order", "402-1234567-7654321"] in found["facts"]


def test_a_paid_invoice_says_so() -> None:
    found = view(VARIANTS["paid"])
    assert plain(found["totals"])[-1] == ["Déjà réglé", "−1 061,80 €"]
    assert plain(found["balance"]) == ["Reste à payer", "0,00 €"]
    assert "acquittée" in found["payment"]["settled"]


def test_a_credit_note_names_its_invoice() -> None:
    found = view(VARIANTS["credit of money"])
    assert found["kind"] == "Avoir"
    assert (
        plain(found["reason"]) == "Cet avoir se rapporte à la facture FA2026-00001 du 22 novembre 2026 (remboursement)."
    )
    assert {row["quantity"] for row in found["lines"]} == {"–"}
    assert plain(found["balance"]) == ["Net à votre crédit", "10,00 €"]
    assert found["payment"] is None


@pytest.mark.parametrize("code", ["EUR", "JPY", "TND", "GBP", "CHF"])
def test_money_is_written_in_both_languages(code: str) -> None:
    written = {
        "EUR": ("1 234,50 €", "€1,234.50"),
        "JPY": ("1 235 ¥", "¥1,235"),
        "TND": ("1 234,500 TND", "1,234.500 TND"),
        "GBP": ("1 234,50 £", "£1,234.50"),
        "CHF": ("1 234,50 CHF", "1,234.50 CHF"),
    }
    amount = {"JPY": "1235", "TND": "1234.500"}.get(code, "1234.50")
    assert plain([money(amount, code, "fr"), money(amount, code, "en")]) == list(written[code])


def test_figures() -> None:
    assert plain([number("-1234567.89", "fr"), number("0.05", "en")]) == ["−1 234 567,89", "0.05"]
    assert plain([money("-5.00", "EUR", "en"), money("-5.00", "EUR", "fr")]) == ["−€5.00", "−5,00 €"]
    assert plain([percent("5.5", "fr"), percent("20", "en")]) == ["5,5 %", "20%"]
    assert [unit_net("24.83", 2), unit_net("10.00", 3), unit_net("30", 2), unit_net("0.00", 7)] == [
        "12.415",
        "3.3333",
        "15",
        "0.00",
    ]
    assert plain([day("2026-12-01", "fr"), day("2026-12-01", "en")]) == ["1er décembre 2026", "1 December 2026"]
    assert plain(grouped("732 829320", 3)) == "732 829 320"


def plain(value: Any) -> Any:
    """The same with ordinary spaces, which are easier to read in a test."""
    return orjson.loads(re.sub("[\u00a0\u202f]", " ", orjson.dumps(value).decode()))
