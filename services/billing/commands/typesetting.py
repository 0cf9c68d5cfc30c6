"""A document's bytes, of its snapshot alone: the PDF, with its XML inside where EN 16931 can say the document."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.billing.documents import render
from services.billing.einvoice import cii, facturx


def typeset(snapshot: Mapping[str, Any]) -> bytes:
    """A Factur-X, or a PDF without XML; raises `typst.TypstError` when it cannot be set at all."""
    pdf, xml = render(snapshot), cii(snapshot)
    return pdf if xml is None else facturx(pdf, xml, date.fromisoformat(snapshot["issued_on"]))
