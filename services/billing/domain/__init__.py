"""The rules of billing, without a database and without a clock.

`coverage` says what an order's present state asks to be invoiced, `ledger` what its documents cover, `due` which
documents bring the one to the other; `payment` reads the money, `charging` the attempts to pay, `methods` the ways to;
`treatments` says how VAT applies, `snapshot`, `parties`, `mentions` and `chain` what a document contains for ever,
`closing`, `accounts` and `fec` what the documents come to. `services.billing.commands` is the only caller
that writes.
"""

from services.billing.domain.accounts import (
    E_REPORTING_COLUMNS,
    JOURNAL_COLUMNS,
    VAT_COLUMNS,
    Sums,
    e_reporting,
    journal_row,
    vat_category,
    vat_report,
)
from services.billing.domain.by_hand import (
    Case,
    NothingLeft,
    TooMuch,
    UnknownLine,
    Wish,
    credit_note,
    is_invoice,
    reissue,
)
from services.billing.domain.chain import GENESIS, Link, canonical, link
from services.billing.domain.closing import (
    DayFigures,
    Period,
    closing_content,
    periods_ending,
    perpetual_after,
    read_amounts,
    written,
)
from services.billing.domain.due import due
from services.billing.domain.fec import FEC_COLUMNS, AccountPlan, Payment, document_entry, payment_entry
from services.billing.domain.ledger import Invoice, Issued, Position, live_invoices
from services.billing.domain.numbers import DEFAULT_FORMAT, WrongFormat, checked_format, number_of
from services.billing.domain.payment import Kind, Paid, choices, excess, invoice_fact, payable, payment_fact, warning
from services.billing.domain.plan import Draft
from services.billing.domain.snapshot import Numbered, Reference, issued, language_of, snapshot

__all__ = [
    "DEFAULT_FORMAT",
    "E_REPORTING_COLUMNS",
    "FEC_COLUMNS",
    "GENESIS",
    "JOURNAL_COLUMNS",
    "VAT_COLUMNS",
    "AccountPlan",
    "Case",
    "DayFigures",
    "Draft",
    "Invoice",
    "Issued",
    "Kind",
    "Link",
    "NothingLeft",
    "Numbered",
    "Paid",
    "Payment",
    "Period",
    "Position",
    "Reference",
    "Sums",
    "TooMuch",
    "UnknownLine",
    "Wish",
    "WrongFormat",
    "canonical",
    "checked_format",
    "choices",
    "closing_content",
    "credit_note",
    "document_entry",
    "due",
    "e_reporting",
    "excess",
    "invoice_fact",
    "is_invoice",
    "issued",
    "journal_row",
    "language_of",
    "link",
    "live_invoices",
    "number_of",
    "payable",
    "payment_entry",
    "payment_fact",
    "periods_ending",
    "perpetual_after",
    "read_amounts",
    "reissue",
    "snapshot",
    "vat_category",
    "vat_report",
    "warning",
    "written",
]
