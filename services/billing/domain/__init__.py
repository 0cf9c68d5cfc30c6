"""The rules of billing, without a database and without a clock.

`coverage` says what an order's present state asks to be invoiced, `ledger` what its documents cover, `due` which
documents bring the one to the other; `payment` reads the money, `charging` the attempts to pay, `methods` the ways to;
`snapshot`, `mentions` and `chain` say what a document contains for ever. `services.billing.commands` is the only caller
that writes.
"""

from services.billing.domain.chain import GENESIS, Link, canonical, link, number_of
from services.billing.domain.due import due
from services.billing.domain.ledger import Invoice, Issued, Position, live_invoices
from services.billing.domain.payment import Kind, Paid, choices, excess, invoice_fact, payable, payment_fact, warning
from services.billing.domain.plan import Draft
from services.billing.domain.snapshot import Numbered, Reference, issued, language_of, snapshot

__all__ = [
    "GENESIS",
    "Draft",
    "Invoice",
    "Issued",
    "Kind",
    "Link",
    "Numbered",
    "Paid",
    "Position",
    "Reference",
    "canonical",
    "choices",
    "due",
    "excess",
    "invoice_fact",
    "issued",
    "language_of",
    "link",
    "live_invoices",
    "number_of",
    "payable",
    "payment_fact",
    "snapshot",
    "warning",
]
