"""From a snapshot to a PDF: words and figures in two languages, and bytes that are the same every time."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pikepdf
import pytest

from services.billing.documents import Job, render, view
from services.billing.documents.figures import day, grouped, money, number, percent, unit_net
from services.billing.domain import Paper
from tests.billing.builders import line, order
from tests.billing.samples import (
    FETCHED,
    GLASSES,
    ORDERED,
    SAMPLES,
    THEMED,
    WINE,
    credited,
    printed,
    sealed,
)

ROOT = Path(__file__).parent.parent.parent
ISSUED_UNDER_1 = json.loads((Path(__file__).parent / "golden" / "template-1.json").read_text())
BYTES_OF_1 = [
    "75b78e05e02a6ada1c0709b081984b2c5ad009e45092cd6af0e89a6dab394786",
    "fb739b37b7f6b446c4ae332f07c94492cd3692288837a3a114c21587561adc0b",
]

VARIANTS = {
    "french": sealed(WINE),
    "english net": sealed(GLASSES),
    "paid": sealed(WINE, paid=WINE.totals.gross),
    "credit of money": credited(WINE, refunded=1000),
    "yen": sealed(order(line(shipped=1, price="12800", rate="10"), currency="JPY", language="en")),
    "dinar": sealed(order(line(shipped=1, price="12.345"), currency="TND")),
    "free": sealed(order(line(shipped=1, price="0"))),
}
JOBS = SAMPLES | {name: Job(content) for name, content in VARIANTS.items()}
MISSING_CHARACTERS = "invoice-extreme"
OURS = {"SourceSansPro", "LibertinusSerif", "NewCM10", "DejaVuSansMono"}


@pytest.mark.parametrize("name", JOBS.keys() - {MISSING_CHARACTERS})
def test_it_is_an_archivable_pdf(name: str) -> None:
    job = JOBS[name]
    with pikepdf.open(BytesIO(render(job))) as pdf:
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert job.snapshot["number"] in metadata["dc:title"]
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
    with pikepdf.open(BytesIO(render(SAMPLES["invoice-200-lines"]))) as pdf:
        assert len(pdf.pages) == 6


@pytest.mark.row("S1-35", "S2-40")
def test_a_receipt_for_a_roll_is_as_wide_as_the_roll_and_as_long_as_its_content() -> None:
    def size(job: Job) -> tuple[float, float]:
        with pikepdf.open(BytesIO(render(job))) as pdf:
            [page] = pdf.pages
            return float(page.mediabox[2]) / 72 * 25.4, float(page.mediabox[3]) / 72 * 25.4

    short = Job(printed(order(line()), Paper.RECEIPT), paper="80mm")
    (width, height), (_, longer) = size(short), size(SAMPLES["receipt-80mm"])
    assert width == pytest.approx(80, abs=0.1)
    assert 60 < height < longer < 200
    assert size(SAMPLES["receipt-a4"]) == pytest.approx((210, 297), abs=0.2)


def test_the_same_document_has_the_same_bytes() -> None:
    """Again, on another thread beside others, and in another process."""
    first = render(JOBS["invoice-themed"])
    with ThreadPoolExecutor(2) as pool:
        others = list(pool.map(render, [JOBS[name] for name in ("paid", "invoice-themed", "dinar", "invoice-themed")]))
    assert others[1] == others[3] == first
    program = (
        "import hashlib; from services.billing.documents import render; from tests.billing.samples import SAMPLES;"
        "print(hashlib.sha256(render(SAMPLES['invoice-themed'])).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.decode().strip() == sha256(first).hexdigest()


def test_documents_of_the_first_template_keep_their_bytes() -> None:
    """A new typst may set them otherwise: then nothing is wrong with these hashes but their age, stored bytes stay."""
    assert [sha256(render(Job(content))).hexdigest() for content in ISSUED_UNDER_1] == BYTES_OF_1
    copy = view(ISSUED_UNDER_1[0], language="en", mark="copy")
    assert (copy["kind"], copy["mark"]) == ("Invoice", "Duplicate")


def test_no_name_can_keep_an_invoice_from_its_client() -> None:
    """Scripts our typeface lacks, words without end, and text that would be code in the template."""
    with pikepdf.open(BytesIO(render(SAMPLES[MISSING_CHARACTERS]))) as pdf:
        assert len(pdf.pages) == 1
        names = [str(one.FontName) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one]
    assert {name.partition("+")[2].partition("-")[0] for name in names} <= OURS, "no font of this machine"


def test_french_words_and_figures() -> None:
    found = view(VARIANTS["french"])
    assert (found["kind"], found["number"], found["brand"]) == ("Facture", "FA2026-00001", "Maison Verdier")
    assert plain(found["lines"][2]) == {
        "name": "Carafe à décanter en cristal soufflé bouche, coffret bois",
        "sku": "ACC-CAR01",
        "quantity": "1",
        "unit": "74,1667",
        "price": "89,00",
        "rate": "20 %",
        "net": "66,75",
        "gross": "80,10",
        "amount": "80,10",
        "discount": "remise −7,42 €",
        "stated_discount": "remise −8,90 €",
    }
    assert plain(found["balance"]) == ["Total TTC", "293,50 €"]
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
    assert plain(found["totals"])[-1] == ["Déjà réglé", "−293,50 €"]
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


@pytest.mark.row("S3-03", "S3-07")
def test_an_order_form_lists_the_client_the_delivery_the_payment_and_the_content() -> None:
    found = plain(view(printed(ORDERED, Paper.ORDER_FORM)))
    assert (found["kind"], found["number"]) == ("Bon de commande", "S64H-85K8-EE6YY")
    client = found["parties"][1]
    assert (client["label"], client["names"]) == ("Client", ["Claire Fontaine"])
    assert client["lines"] == ["12 rue des Lilas", "75011 Paris", "claire@example.org", "+33 6 12 34 56 78"]
    facts = dict(found["facts"])
    assert facts["Livraison"] == "Colissimo à domicile"
    assert (facts["Mode de paiement"], facts["Règlement"]) == ("Carte bancaire", "À régler")
    assert [(line["name"], line["quantity"], line["amount"]) for line in found["lines"]][:2] == [
        ("Château Haut-Marbuzet 2019", "6", "149,40"),
        ("Coffret de canelés", "2", "64,00"),
    ]
    assert found["promotions"] == ["Remise comprise : Bienvenue (−8,90 €)"]
    assert found["payment"] is None, "a card's money is not awaited by transfer"


def test_an_order_that_is_fetched_names_the_point_and_the_day() -> None:
    found = plain(view(printed(FETCHED, Paper.ORDER_FORM), THEMED))
    assert found["parties"][2] == {
        "label": "À retirer à",
        "names": ["Le chai"],
        "lines": ["8 place du Marché", "33000 Bordeaux", "Retrait le 28 novembre 2026"],
    }
    assert dict(found["facts"])["Livraison"] == "Retrait sur place"
    assert found["payment"] == {
        "terms": "Virement",
        "iban": "FR76 3000 6000 0112 3456 7890 189",
        "reference": "S64H-85K8-EE6YY",
    }
    assert (found["mentions"], found["footer"]) == (
        ["Réserve de propriété jusqu’au paiement complet."],
        "L’abus d’alcool est dangereux pour la santé.",
    )


@pytest.mark.row("S2-41")
def test_a_receipt_is_an_invoice_with_receipt_instead_of_invoice() -> None:
    sold = ORDERED.model_copy(update={"language": "en"})
    receipt, invoice = view(printed(sold, Paper.RECEIPT, captured=29350)), view(sealed(WINE), language="en")
    assert (receipt["kind"], invoice["kind"]) == ("Receipt", "Invoice")
    assert view(printed(ORDERED, Paper.RECEIPT))["kind"] == "Reçu"
    assert (receipt["lines"], receipt["rates"]) == (invoice["lines"], invoice["rates"])
    assert receipt["settlement"] == "Paid · Card"


@pytest.mark.row("S2-39")
def test_a_packing_slip_says_what_to_take_and_no_price() -> None:
    """In the order of the shelves' SKUs, what has not left yet, with the words to enclose."""
    partly = order(
        line(1, quantity=6, shipped=4, price="24.90", sku="VIN-1", name="Médoc"),
        line(2, quantity=2, price="32.00", sku="EPI-1", name="Canelés"),
        line(3, quantity=1, shipped=1, price="777.77", sku="ACC-1", name="Carafe"),
    )
    found = view(printed(partly, Paper.PACKING_SLIP, gift="Bon anniversaire !"))
    assert [(pick["sku"], pick["ordered"], pick["quantity"]) for pick in found["picks"]] == [
        ("EPI-1", "2", "2"),
        ("VIN-1", "6", "2"),
    ]
    assert (found["pieces"], found["gift"]) == ("4", "Bon anniversaire !")
    assert [label for label, _ in found["facts"]] == ["Date", "Passée le", "Livraison"]
    dearer = order(*(one.model_copy(update={"unit_price": Decimal("9999")}) for one in partly.lines))
    slips = [render(Job(printed(one, Paper.PACKING_SLIP))) for one in (partly, dearer)]
    assert slips[0] == slips[1], "a price shows"


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
