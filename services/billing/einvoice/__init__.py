"""Documents as machines read them: EN 16931 in both syntaxes out, and whatever other programs write in.

`cii` and `ubl` are pure functions of a snapshot; `content` says what both write, and `obstacle` why a document cannot
be written; `facturx` puts the first into a PDF. How VAT applies was decided when the document was issued
(`domain.treatments`). `read_apart` reads the file of another program. Nothing here knows a table.
"""

from services.billing.einvoice.apart import read_apart
from services.billing.einvoice.cii import cii
from services.billing.einvoice.content import obstacle
from services.billing.einvoice.facturx import facturx
from services.billing.einvoice.reader import Reading, UnreadableError
from services.billing.einvoice.ubl import ubl

__all__ = ["Reading", "UnreadableError", "cii", "facturx", "obstacle", "read_apart", "ubl"]
