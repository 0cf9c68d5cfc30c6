"""Factur-X: a PDF/A-3 that carries the CII of the same document, for people and machines alike.

The PDF comes typeset; here the XML is attached as its alternative, and its metadata say so in the `fx` schema, whose
description joins those that the PDF has already (a second list of them would be no PDF/A). The same PDF and XML give
the same bytes. Neighbours: `cii` (the XML), `services.billing.documents` (the PDF).
"""

from datetime import date
from io import BytesIO

import pikepdf
from lxml import etree
from pikepdf import Array, Dictionary, Name, String

FILE = "factur-x.xml"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EXTENSION = "http://www.aiim.org/pdfa/ns/extension/"
_SCHEMAS = f"{{{_EXTENSION}}}schemas"
_PROPERTIES = {
    "DocumentFileName": (FILE, "name of the embedded XML invoice file"),
    "DocumentType": ("INVOICE", "INVOICE"),
    "Version": ("1.0", "The actual version of the Factur-X XML schema"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded Factur-X data"),
}
_FX = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_VALUES = f"""<rdf:Description xmlns:rdf="{_RDF}" xmlns:fx="{_FX}" rdf:about="">{
    "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _PROPERTIES.items())
}</rdf:Description>"""
_DESCRIBED = "".join(
    f"""<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"""
    for name, (_, words) in _PROPERTIES.items()
)
_SCHEMA = f"""<rdf:li xmlns:rdf="{_RDF}" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:parseType="Resource">
<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{_FX}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>{_DESCRIBED}</rdf:Seq></pdfaSchema:property></rdf:li>"""
_NO_SCHEMAS = f"""<rdf:Description xmlns:rdf="{_RDF}" xmlns:pdfaExtension="{_EXTENSION}" rdf:about="">
<pdfaExtension:schemas><rdf:Bag/></pdfaExtension:schemas></rdf:Description>"""


def facturx(pdf: bytes, xml: bytes, issued_on: date) -> bytes:
    """The PDF with the XML inside; `issued_on` is the date the attachment bears."""
    with pikepdf.open(BytesIO(pdf)) as document:
        _attach(document, xml, issued_on)
        _describe(document)
        made = BytesIO()
        document.save(made, deterministic_id=True)
    return made.getvalue()


def _attach(document: pikepdf.Pdf, xml: bytes, issued_on: date) -> None:
    stream = document.make_stream(
        xml,
        Type=Name.EmbeddedFile,
        Subtype=Name("/text/xml"),
        Params=Dictionary(ModDate=String(f"D:{issued_on:%Y%m%d}120000Z"), Size=len(xml)),
    )
    file = document.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=String(FILE),
            UF=String(FILE),
            Desc=String("Factur-X"),
            AFRelationship=Name.Alternative,
            EF=Dictionary(F=stream, UF=stream),
        )
    )
    if Name.Names not in document.Root:
        document.Root.Names = Dictionary()
    document.Root.Names.EmbeddedFiles = Dictionary(Names=Array([String(FILE), file]))
    document.Root.AF = Array([file])


def _describe(document: pikepdf.Pdf) -> None:
    """Say in the metadata that this is a Factur-X."""
    packet = etree.fromstring(document.Root.Metadata.read_bytes())
    rdf = next(packet.iter(f"{{{_RDF}}}RDF"))
    schemas = rdf.find(f".//{_SCHEMAS}")
    if schemas is None:
        rdf.append(etree.fromstring(_NO_SCHEMAS))
        schemas = rdf.find(f".//{_SCHEMAS}")
    if schemas is None or len(schemas) != 1:
        raise ValueError("the PDF's metadata have no list of extension schemas, or several")
    schemas[0].append(etree.fromstring(_SCHEMA))
    rdf.append(etree.fromstring(_VALUES))
    text = etree.tostring(packet, encoding="unicode")
    written = f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{text}<?xpacket end="r"?>'.encode()
    document.Root.Metadata = document.make_stream(written, Type=Name.Metadata, Subtype=Name.XML)
