"""A document's bytes, of its snapshot and look alone: the PDF, with its XML inside where EN 16931 can say the document.

A copy carries none: there is one original, and one e-invoice in it.
"""

from datetime import date

from services.billing.documents import Job, render
from services.billing.einvoice import cii, facturx

FISCAL = ("invoice", "credit_note")


def typeset(job: Job) -> bytes:
    """A Factur-X, or a PDF without XML; raises `typst.TypstError` when it cannot be set at all."""
    pdf, snapshot = render(job), job.snapshot
    xml = cii(snapshot) if job.mark is None and snapshot["kind"] in FISCAL else None
    return pdf if xml is None else facturx(pdf, xml, date.fromisoformat(snapshot["issued_on"]))
