"""Factur-X: one PDF/A-3 with its XML inside, told in its metadata once; the XML is that of the API."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import facturx
import pikepdf
import pytest
from lxml import etree

from services.billing.commands.typesetting import typeset
from services.billing.documents import Job, render
from services.billing.einvoice import cii, ubl
from shared.contracts import Invoicing
from tests.billing.builders import line
from tests.billing.driver import Driver, order
from tests.billing.einvoice_cases import documents
from tests.billing.test_documents import VARIANTS


def some() -> Iterator[tuple[str, dict[str, Any]]]:
    """An invoice and a credit note of a private client and of a business abroad."""
    for name, _, content in documents():
        if name in ("private-fr-gross-mixed-invoice", "private-fr-gross-mixed-cancelled", "union-en-net-plain-invoice"):
            yield name, content


@pytest.mark.parametrize(("name", "content"), list(some()), ids=[name for name, _ in some()])
def test_it_is_a_facturx(name: str, content: dict[str, Any]) -> None:
    xml = cii(content)
    assert xml is not None
    made = typeset(Job(content))
    assert made == typeset(Job(content)), "the same document, the same bytes"
    with pikepdf.open(BytesIO(made)) as pdf:
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]
        described = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one]
        assert fonts
        assert described
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(one.keys()) for one in described)
        [file] = pdf.Root.AF
        assert (str(file.UF), str(file.AFRelationship)) == ("factur-x.xml", "/Alternative")
        assert file.EF.F.read_bytes() == xml
        assert file.EF.F.Subtype == "/text/xml"
        assert list(pdf.attachments) == ["factur-x.xml"]
        packet = pdf.Root.Metadata.read_bytes()
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
    assert packet.count(b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>") == 1
    assert packet.count(b"<pdfaExtension:schemas>") == 1
    assert packet.count(b"pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#<") == 1
    assert facturx.get_facturx_xml_from_pdf(made) == ("factur-x.xml", xml)


def test_what_cannot_be_said_stays_a_pdf() -> None:
    content = VARIANTS["dinar"]
    assert (cii(content), ubl(content)) == (None, None)
    assert typeset(Job(content)) == render(Job(content))


def test_a_document_of_an_earlier_release_keeps_its_bytes() -> None:
    """Its snapshot knew nothing of e-invoices."""
    added = {"process", "notes", "due_on", "payment_terms", "vat_on_debits", "deliver_to"}
    content = {name: value for name, value in VARIANTS["french"].items() if name not in added}
    content["lines"] = [
        {k: v for k, v in row.items() if k not in ("treatment", "category")} for row in content["lines"]
    ]
    content["rates"] = [{k: v for k, v in row.items() if k != "category"} for row in content["rates"]]
    assert typeset(Job(content)) == render(Job(VARIANTS["french"]))


async def test_the_xml_of_the_api_is_the_one_attached(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1)))
    await billing.hear(order(1, 2, line(shipped=1), invoicing=Invoicing.CREDIT))
    await billing.render()
    for document in await billing.documents(1):
        path = f"documents/{document['id']}"
        pdf, cii_, ubl_ = [
            await billing.http.get(f"{path}/{rest}") for rest in ("pdf", "xml?syntax=cii", "xml?syntax=ubl")
        ]
        assert cii_.headers["content-type"] == "application/xml"
        assert facturx.get_facturx_xml_from_pdf(pdf.content)[1] == cii_.content
        root = etree.QName(etree.fromstring(ubl_.content)).localname
        assert root == ("Invoice" if document["kind"] == "invoice" else "CreditNote")


async def test_a_currency_of_three_decimals_has_no_xml(billing: Driver) -> None:
    await billing.hear(order(1, 1, line(shipped=1, rate="0"), currency="TND"))
    [document] = await billing.documents(1)
    answer = await billing.http.get(f"documents/{document['id']}/xml")
    assert answer.status_code == 409
    assert "two decimals" in answer.json()["detail"]
    assert (await billing.http.get("documents/x/xml")).status_code == 404
    assert (await billing.http.get(f"documents/{document['id']}/xml?syntax=edifact")).status_code == 422
