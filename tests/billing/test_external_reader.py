"""Files of other programs: whatever profile, syntax and prefixes, read alike; and whatever is no invoice, refused."""

import contextlib
import random
import zlib
from io import BytesIO

import pikepdf
import pytest
from lxml import etree

from services.billing.einvoice import UnreadableError, read_apart
from services.billing.einvoice.reader import ATTACHMENTS, XML_LIMIT, Reading, read
from tests.billing.external_files import attached, blank, carrying, invoice, written

EXPECTED = ("EXT-2026/0815", "2026-11-20", "EUR", "20", "4", "24")


def said(found: Reading) -> tuple[str | None, ...]:
    return found.number, found.issued_on, found.currency, found.net, found.tax, found.gross


@pytest.mark.parametrize("level", ["basicwl", "en16931", "extended"])
def test_every_profile_of_facturx(level: str) -> None:
    xml = written(invoice(), level=level)
    for found in (read(xml), read(carrying(xml))):
        assert said(found) == EXPECTED
        assert "PO-4711" in found.orders
    assert read(carrying(xml)).media_type == "application/pdf"


def test_the_smallest_profile_says_what_counts() -> None:
    """MINIMUM has no lines and no breakdown."""
    root = etree.fromstring(written(invoice(), level="basicwl"))
    for name in ("IncludedNote", "ApplicableTradeTax", "LineTotalAmount", "SpecifiedTradePaymentTerms"):
        for found in list(root.iter(f"{{*}}{name}")):
            parent = found.getparent()
            assert parent is not None
            parent.remove(found)
    assert said(read(etree.tostring(root))) == EXPECTED


def test_ubl_and_xrechnung() -> None:
    xml = written(invoice(), "ubl-2.1")
    found = read(xml)
    assert said(found) == EXPECTED
    assert found.orders == ("C-1", "PO-4711")
    rechnung = xml.replace(
        b"urn:cen.eu:en16931:2017", b"urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
    )
    assert said(read(rechnung)) == EXPECTED
    assert "xrechnung" in (read(rechnung).profile or "")


def test_prefixes_and_encodings_of_any_kind() -> None:
    assert said(read(written(invoice(), prefixed_namespaces=False))) == EXPECTED
    text = (
        written(invoice())
        .decode()
        .replace("rsm:", "a:")
        .replace(":rsm", ":a")
        .replace("ram:", "x1:")
        .replace(":ram", ":x1")
    )
    assert said(read(text.encode())) == EXPECTED
    utf16 = text.replace("encoding='UTF-8'", "encoding='UTF-16'").encode("utf-16")
    assert said(read(utf16)) == EXPECTED


def test_zugferd_1() -> None:
    """The names of the first generation."""
    xml = """<r:CrossIndustryDocument xmlns:r="urn:ferd:CrossIndustryDocument:invoice:1p0" xmlns:s="urn:un:x">
    <r:HeaderExchangedDocument><s:ID>EXT-2026/0815</s:ID><s:TypeCode>380</s:TypeCode>
    <s:IssueDateTime><s:DateTimeString format="102">20261120</s:DateTimeString></s:IssueDateTime>
    </r:HeaderExchangedDocument><r:SpecifiedSupplyChainTradeTransaction><s:ApplicableSupplyChainTradeSettlement>
    <s:InvoiceCurrencyCode>EUR</s:InvoiceCurrencyCode><s:SpecifiedTradeSettlementMonetarySummation>
    <s:TaxBasisTotalAmount currencyID="EUR">20.00</s:TaxBasisTotalAmount>
    <s:TaxTotalAmount currencyID="EUR">4.00</s:TaxTotalAmount>
    <s:GrandTotalAmount currencyID="EUR">24.00</s:GrandTotalAmount></s:SpecifiedTradeSettlementMonetarySummation>
    </s:ApplicableSupplyChainTradeSettlement></r:SpecifiedSupplyChainTradeTransaction></r:CrossIndustryDocument>"""
    assert said(read(xml.encode())) == EXPECTED


def test_a_credit_note_is_told_apart() -> None:
    assert read(written(invoice(**{"BT-3": "381"}))).credit
    assert read(written(invoice(**{"BT-3": "381"}), "ubl-2.1")).credit


def test_a_tax_in_another_currency_is_not_the_invoices() -> None:
    xml = written(invoice(**{"BT-6": "USD", "BT-111": 4.40}))
    assert read(xml).tax == "4"


def test_a_plain_pdf_says_nothing() -> None:
    assert read(blank()) == Reading("application/pdf", "pdf")


def test_what_is_missing_is_none() -> None:
    xml = written(invoice()).replace(b"GrandTotalAmount", b"Other").replace(b"20261120", b"2026-13-45")
    assert (read(xml).gross, read(xml).issued_on) == (None, None)


BOMB = b"""<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><Invoice>&c;</Invoice>"""
OUTSIDE = b"""<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Invoice><ID>&b;</ID></Invoice>"""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "neither a PDF nor XML"),
        (b"PK\x03\x04 a spreadsheet", "neither a PDF nor XML"),
        (b"<Order/>", "neither CII nor UBL"),
        (b"<Invoice><ID>1</Invoice>", "neither a PDF nor XML"),
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        (OUTSIDE.decode().encode("utf-16"), "document type"),
        (b"<Invoice>" * 70 + b"</Invoice>" * 70, "deeper or longer"),
        (b"<Invoice>" + b"<a/>" * 200_001 + b"</Invoice>", "deeper or longer"),
        (b"<Invoice>" + b" " * XML_LIMIT + b"</Invoice>", "more than"),
        (b"%PDF-1.7 nothing", "broken"),
    ],
    ids=["nothing", "zip", "order", "broken", "entities", "outside", "utf-16", "deep", "long", "large", "pdf"],
)
def test_what_is_no_invoice_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(content)


def test_an_attachment_is_unpacked_up_to_a_limit() -> None:
    packed = zlib.compress(b"<Invoice>" + b" " * (40 * 1024 * 1024) + b"</Invoice>")
    assert len(packed) < 100_000
    with pytest.raises(UnreadableError, match="more than"):
        read(attached(("factur-x.xml", packed), filters=pikepdf.Name.FlateDecode))
    with pytest.raises(UnreadableError, match="not read"):
        read(attached(("factur-x.xml", b"?"), filters=pikepdf.Name.LZWDecode))
    with pytest.raises(UnreadableError, match="attachment is broken"):
        read(attached(("factur-x.xml", b"no zlib at all"), filters=pikepdf.Name.FlateDecode))


def test_attachments_are_counted_and_the_invoice_found_by_its_name() -> None:
    xml = written(invoice())
    many = [(f"{number:02}.txt", b"") for number in range(ATTACHMENTS + 1)]
    with pytest.raises(UnreadableError, match="attachments"):
        read(attached(*many))
    assert said(read(attached(("a.xml", b"<other/>"), ("factur-x.xml", xml)))) == EXPECTED
    assert said(read(attached(("ZUGFeRD-invoice.xml", xml)))) == EXPECTED
    assert said(read(attached(("invoice-0815.xml", xml)))) == EXPECTED


def test_a_password_is_not_asked_for() -> None:
    made = BytesIO()
    with pikepdf.open(BytesIO(blank())) as document:
        document.save(made, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(UnreadableError, match="password"):
        read(made.getvalue())


def test_a_changed_byte_is_no_fault_of_ours() -> None:
    """It is read, or refused with a reason; nothing else comes of any damage."""
    dice = random.Random(4)
    whole = [carrying(written(invoice())), written(invoice()), written(invoice(), "ubl-2.1")]
    for _ in range(600):
        content = bytearray(dice.choice(whole))
        for _ in range(dice.choice((1, 5, 40))):
            content[dice.randrange(len(content))] = dice.randrange(256)
        with contextlib.suppress(UnreadableError):
            assert isinstance(read(bytes(content)), Reading)


async def test_it_is_read_in_a_process_of_its_own() -> None:
    found = await read_apart(written(invoice()))
    assert found == read(written(invoice()))
    with pytest.raises(UnreadableError, match="document type"):
        await read_apart(BOMB)
