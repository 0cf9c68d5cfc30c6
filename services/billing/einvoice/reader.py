"""What an invoice made by another program says: Factur-X and ZUGFeRD of any profile, XRechnung, CII, UBL, a plain PDF.

Elements are found by their local names alone, whatever the prefixes and the version of the syntax; notes, charges and
extensions are passed over. A field that is not there is None, and whoever asked says which are missing.

Nothing of a file is trusted. No document type, no entity, no network; depth, elements, attachments and sizes have
limits, an attachment is unpacked up to its limit and no further. What a library may still be made to do is bounded from
outside: this module runs as a program of its own (`main`), with little memory and time, and needs nothing of Comptoir.
Neighbour: `apart`, which runs it.
"""

import json
import re
import resource
import sys
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from io import BytesIO
from xml.parsers import expat

import pikepdf
from lxml import etree

XML_LIMIT = 10 * 1024 * 1024
"""Bytes of an XML document, unpacked."""
ATTACHMENTS = 20
DEPTH = 60
ELEMENTS = 200_000
LONGEST = 500
"""Characters that are read of any field."""
MEMORY = 1536 * 1024 * 1024
SECONDS = 20
_ROOTS = {
    "CrossIndustryInvoice": "cii",
    "CrossIndustryDocument": "cii",  # ZUGFeRD 1
    "Invoice": "ubl",
    "CreditNote": "ubl",
}
_CREDITS = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"})
_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
_BROKEN = (pikepdf.PdfError, AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""How a PDF shows whose objects are not what they should be."""
_REGISTERS = ("0002", "0009")
"""Schemes of ISO 6523: SIREN, SIRET."""
_SIREN = re.compile(r"[0-9]{9}([0-9]{5})?", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)


class UnreadableError(Exception):
    """The file is no invoice that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says; amounts as plain decimals without idle zeros, the date as ISO 8601.

    `syntax` is `cii`, `ubl` or `pdf` (a PDF without an invoice inside), `media_type` the file's own; `orders` are the
    references to the order, the seller's (BT-14) before the buyer's (BT-13). `siren` and `vat` are the seller's (BT-30,
    BT-31).
    """

    media_type: str
    syntax: str
    profile: str | None = None
    credit: bool = False
    number: str | None = None
    issued_on: str | None = None
    currency: str | None = None
    net: str | None = None
    tax: str | None = None
    gross: str | None = None
    orders: tuple[str, ...] = ()
    siren: str | None = None
    vat: str | None = None


def read(content: bytes) -> Reading:
    """Read a file. Raises `UnreadableError`."""
    if b"%PDF-" not in content[:1024]:
        return _read_xml(content, "application/xml")
    xml = _attached(content)
    return Reading("application/pdf", "pdf") if xml is None else _read_xml(xml, "application/pdf")


def _read_xml(content: bytes, media_type: str) -> Reading:
    root = _parsed(content)
    syntax = _ROOTS.get(_local(root))
    if syntax is None:
        raise UnreadableError(f"its root is {_local(root)!r}, neither CII nor UBL")
    return (_read_cii if syntax == "cii" else _read_ubl)(root, media_type)


def _read_cii(root: etree._Element, media_type: str) -> Reading:
    head = _first(root, "ExchangedDocument", "HeaderExchangedDocument")
    trade = _first(root, "SupplyChainTradeTransaction", "SpecifiedSupplyChainTradeTransaction")
    agreed = _first(trade, "ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement")
    settled = _first(trade, "ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement")
    sums = _first(
        settled, "SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"
    )
    currency = _text(_first(settled, "InvoiceCurrencyCode"))
    context = _first(root, "ExchangedDocumentContext", "SpecifiedExchangedDocumentContext")
    seller = _first(agreed, "SellerTradeParty")
    taxed = [_first(one, "ID") for one in _children(seller, "SpecifiedTaxRegistration")]
    orders = [_first(agreed, name) for name in ("SellerOrderReferencedDocument", "BuyerOrderReferencedDocument")]
    return Reading(
        media_type,
        "cii",
        _text(_first(_first(context, "GuidelineSpecifiedDocumentContextParameter"), "ID")),
        _text(_first(head, "TypeCode")) in _CREDITS,
        _text(_first(head, "ID")),
        _day(_text(_first(_first(head, "IssueDateTime"), "DateTimeString", "DateTime"))),
        currency,
        _amount(_first(sums, "TaxBasisTotalAmount")),
        _amount(_in_currency(sums, "TaxTotalAmount", currency)),
        _amount(_first(sums, "GrandTotalAmount")),
        tuple(filter(None, (_text(_first(one, "IssuerAssignedID", "ID")) for one in orders))),
        _siren(_first(_first(seller, "SpecifiedLegalOrganization"), "ID")),
        next((_text(id_) for id_ in taxed if id_ is not None and id_.get("schemeID") == "VA"), None),
    )


def _read_ubl(root: etree._Element, media_type: str) -> Reading:
    sums = _first(root, "LegalMonetaryTotal")
    currency = _text(_first(root, "DocumentCurrencyCode"))
    order = _first(root, "OrderReference")
    taxes = [_first(total, "TaxAmount") for total in _children(root, "TaxTotal")]
    tax = next((one for one in taxes if one is not None and one.get("currencyID", currency) == currency), None)
    references = (_text(_first(order, name)) for name in ("SalesOrderID", "ID"))
    seller = _first(_first(root, "AccountingSupplierParty"), "Party")
    schemes = _children(seller, "PartyTaxScheme")
    vats = (
        _text(_first(one, "CompanyID")) for one in schemes if _text(_first(_first(one, "TaxScheme"), "ID")) == "VAT"
    )
    return Reading(
        media_type,
        "ubl",
        _text(_first(root, "CustomizationID")),
        _local(root) == "CreditNote" or _text(_first(root, "InvoiceTypeCode")) in _CREDITS,
        _text(_first(root, "ID")),
        _day(_text(_first(root, "IssueDate"))),
        currency,
        _amount(_first(sums, "TaxExclusiveAmount")),
        _amount(tax),
        _amount(_first(sums, "TaxInclusiveAmount")),
        tuple(reference for reference in references if reference and reference != "NA"),
        _siren(_first(_first(seller, "PartyLegalEntity"), "CompanyID")),
        next(vats, None),
    )


def _parsed(content: bytes) -> etree._Element:
    if len(content) > XML_LIMIT:
        raise UnreadableError(f"its XML has more than {XML_LIMIT} bytes")
    _walk(content)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(f"its XML is broken: {error}") from None


def _walk(content: bytes) -> None:
    """Refuse what no invoice has before anything is built of it: a document type, depth, masses of elements."""
    parser = expat.ParserCreate()
    depth = elements = 0

    def started(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > DEPTH or elements > ELEMENTS:
            raise UnreadableError("its XML is deeper or longer than any invoice")

    def ended(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def typed(*_args: object) -> None:
        raise UnreadableError("its XML has a document type, which no invoice has")

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.StartDoctypeDeclHandler = typed
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # LookupError: an encoding that there is not
        raise UnreadableError(f"it is neither a PDF nor XML: {error}") from None


def _attached(content: bytes) -> bytes | None:
    """The XML invoice inside a PDF; None where there is none."""
    try:
        with pikepdf.open(BytesIO(content)) as document:
            if not document.pages:
                raise UnreadableError("the PDF has no page")
            found = dict(_attachments(document))
            name = next((name for known in _NAMES for name in found if name.lower() == known), None)
            name = name or next((name for name in found if name.lower().endswith(".xml")), None)
            return None if name is None else _unpacked(found[name])
    except pikepdf.PasswordError:
        raise UnreadableError("the PDF asks for a password") from None
    except _BROKEN:
        raise UnreadableError("the PDF is broken") from None


def _attachments(document: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Object]]:
    """Names and streams of the attached files."""
    names = document.Root.get("/Names", pikepdf.Dictionary()).get("/EmbeddedFiles")
    for count, (name, file) in enumerate(pikepdf.NameTree(names).items() if names is not None else ()):
        if count == ATTACHMENTS:
            raise UnreadableError(f"the PDF has more than {ATTACHMENTS} attachments")
        stream = file.get("/EF", pikepdf.Dictionary()).get("/F")
        if isinstance(stream, pikepdf.Stream):
            yield str(file.get("/UF", file.get("/F", name))), stream


def _unpacked(stream: pikepdf.Object) -> bytes:
    filters = stream.get("/Filter")
    packed = stream.read_raw_bytes()
    if filters is None or (isinstance(filters, pikepdf.Array) and len(filters) == 0):
        return packed
    if str(filters[0] if isinstance(filters, pikepdf.Array) and len(filters) == 1 else filters) != "/FlateDecode":
        raise UnreadableError("the PDF's attachment is packed in a way that is not read")
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(packed, XML_LIMIT + 1)
    except zlib.error:
        raise UnreadableError("the PDF's attachment is broken") from None
    return found


def _children(node: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    if node is not None:
        yield from (child for child in node.iterchildren(tag=etree.Element) if _local(child) in names)


def _first(node: etree._Element | None, *names: str) -> etree._Element | None:
    """The first child of one of these local names."""
    return next(_children(node, *names), None)


def _in_currency(node: etree._Element | None, name: str, currency: str | None) -> etree._Element | None:
    return next((one for one in _children(node, name) if one.get("currencyID", currency) == currency), None)


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname


def _text(node: etree._Element | None) -> str | None:
    text = "" if node is None else " ".join("".join(node.itertext(with_tail=True)).split())
    return text[:LONGEST] or None


def _amount(node: etree._Element | None) -> str | None:
    text = _text(node)
    if text is None or not _AMOUNT.fullmatch(text):
        return None
    return text.rstrip("0").rstrip(".") if "." in text else text


def _siren(node: etree._Element | None) -> str | None:
    """A SIREN, or that of a SIRET; None of another register's number."""
    number = "".join((_text(node) or "").split())
    if node is None or node.get("schemeID", "0002") not in _REGISTERS or not _SIREN.fullmatch(number):
        return None
    return number[:9]


def _day(text: str | None) -> str | None:
    """`20261122` (and longer) or `2026-11-22` (and a time behind) as a date; None for anything else."""
    match = re.match(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})", text or "", re.ASCII)
    try:
        return match and date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return None


def main() -> None:
    """Read the file on standard input, in little memory and time; a JSON object on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        answer: dict[str, object] = asdict(read(sys.stdin.buffer.read()))
    except UnreadableError as error:
        answer = {"unreadable": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
