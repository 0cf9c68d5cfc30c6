"""Invoices as other programs write them: by the `factur-x` library, in both syntaxes, and PDFs that carry them."""

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

import facturx
import httpx
import pikepdf

from tests.billing.driver import Driver

GROSS = "24.00"
"""What the invoice below is for: two articles at 10.00 and 20 %."""


def invoice(**more: Any) -> dict[str, Any]:
    """An invoice in the terms of EN 16931, with the notes that France asks for."""
    seller = {
        "name": "Logiciel Tiers SARL",
        "legal_identifier": "732829320",
        "legal_identifier_schemeid": "0002",
        "vat_identifier": "FR44732829320",
        "addr_l1": "8 place du Marché",
        "postcode": "33000",
        "city": "Bordeaux",
        "country_code": "FR",
    }
    return {
        "BT-1": "EXT-2026/0815",
        "BT-2": date(2026, 11, 20),
        "BT-3": "380",
        "BT-5": "EUR",
        "BT-9": date(2026, 12, 20),
        "BT-13": "PO-4711",
        "BT-14": "C-1",
        "BT-23": "B1",
        "BT-72": date(2026, 11, 19),
        "BG-1": [{"BT-21": code, "BT-22": "Selon nos conditions."} for code in ("PMT", "PMD", "AAB")],
        "BG-4": seller,
        "BG-7": {"name": "Claire Fontaine", "city": "Paris", "postcode": "75011", "country_code": "FR"},
        "BT-106": 20.00,
        "BT-109": 20.00,
        "BT-110": 4.00,
        "BT-112": 24.00,
        "BT-115": 24.00,
        "BG-23": [{"BT-116": 20.00, "BT-117": 4.00, "BT-118": "S", "BT-119": 20}],
        "BG-25": [
            {
                "BT-126": "1",
                "BT-129": 2,
                "BT-130": "C62",
                "BT-131": 20.00,
                "BT-146": 10.00,
                "BT-151": "S",
                "BT-152": 20,
                "BT-153": "Article 1",
            }
        ],
    } | more


def written(content: dict[str, Any], flavor: str = "factur-x", level: str = "en16931", **more: Any) -> bytes:
    """The invoice as the library writes it."""
    options = {"check_xsd": True, "check_schematron": False} | more
    made: bytes = facturx.generate_xml(content, flavor=flavor, level=level, **options)
    return made


def blank(pages: int = 1) -> bytes:
    """A PDF that says nothing."""
    made = BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.save(made)
    return made.getvalue()


def carrying(xml: bytes, **more: Any) -> bytes:
    """A PDF with the invoice inside, by the library."""
    made: bytes = facturx.generate_from_binary(blank(), xml, check_xsd=False, **more)
    return made


def attached(*files: tuple[str, bytes], filters: pikepdf.Object | None = None) -> bytes:
    """A PDF with these streams attached as they are."""
    made = BytesIO()
    with pikepdf.open(BytesIO(blank())) as document:
        names = pikepdf.Array()
        for name, raw in files:
            stream = pikepdf.Stream(document, raw)
            if filters is not None:
                stream.Filter = filters
            names.extend([pikepdf.String(name), pikepdf.Dictionary(UF=name, EF=pikepdf.Dictionary(F=stream))])
        document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=names))
        document.save(made, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return made.getvalue()


NOTHING: Mapping[str, str] = {}


async def send(
    billing: Driver, content: bytes, at: int | None = 1, said: Mapping[str, str] = NOTHING
) -> httpx.Response:
    """Import a file for the order of this number, or for the one that it names."""
    path = "external-invoices" if at is None else f"orders/C-{at}/external-invoices"
    return await billing.http.post(path, files={"file": ("invoice", content)}, data=dict(said))


async def imported(
    billing: Driver, content: bytes, at: int | None = 1, said: Mapping[str, str] = NOTHING
) -> dict[str, Any]:
    answer = await send(billing, content, at, said)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
