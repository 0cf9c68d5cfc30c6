"""The rules of billing, without a database and without a clock.

`coverage` says what an order's present state asks to be invoiced, `ledger` what its documents cover, `due` which
documents bring the one to the other; `payment` reads the money, `treatments` says how VAT applies, `snapshot`,
`parties`, `mentions` and `chain` say what a document contains for ever, `papers` what the other prints of an order do.
`services.billing.commands` is the only caller that writes.
"""

from services.billing.domain.chain import GENESIS, Link, canonical, link, number_of
from services.billing.domain.due import due
from services.billing.domain.ledger import Invoice, Issued, Position, live_invoices
from services.billing.domain.papers import LONGEST_GIFT, Paper, Printing, is_placed, paper
from services.billing.domain.payment import Paid, invoice_fact, payment_fact, warning
from services.billing.domain.plan import Draft
from services.billing.domain.snapshot import Numbered, Reference, issued, language_of, snapshot
from services.billing.domain.theme import LEAST_CONTRAST, Logo, Theme, contrast_with_white

__all__ = [
    "GENESIS",
    "LEAST_CONTRAST",
    "LONGEST_GIFT",
    "Draft",
    "Invoice",
    "Issued",
    "Link",
    "Logo",
    "Numbered",
    "Paid",
    "Paper",
    "Position",
    "Printing",
    "Reference",
    "Theme",
    "canonical",
    "contrast_with_white",
    "due",
    "invoice_fact",
    "is_placed",
    "issued",
    "language_of",
    "link",
    "live_invoices",
    "number_of",
    "paper",
    "payment_fact",
    "snapshot",
    "warning",
]
